"""WordPress as a peer with the same entries: nginx, PHP and MariaDB.

    python -m bench.wordpress FOLDER PORT FEED.json

Debian's packages: apt-get install -y --no-install-recommends \
    wordpress mariadb-server php-cli php-fpm php-mysql php-xml php-mbstring nginx-light

Everything is made in the folder, which must be empty, and runs as the user that starts it:
no service of the system is touched, and the network is not used. SIGTERM ends all of it.
The entries are those of feedsvc's JSON Feed. WordPress recognizes its entity tags only as
strong ones, and nginx weakens them when it compresses, so that readers who send one back
get the full feed; the settings here undo that, in favour of WordPress.
"""

import os
import pwd
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.common import HOST, wait_until
from bench.processes import nginx_folders

CODE = Path("/usr/share/wordpress")
# MariaDB takes one statement from a line.
_SQL = """\
CREATE DATABASE news CHARACTER SET utf8mb4;
CREATE USER news@localhost IDENTIFIED BY 'news';
GRANT ALL ON news.* TO news@localhost;
"""
_SETTINGS = """\
<?php
define('DB_HOST', 'localhost:{folder}/mariadb.sock');
define('DB_NAME', 'news');
define('DB_USER', 'news');
define('DB_PASSWORD', 'news');
define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', 'http://{host}:{port}');
define('WP_SITEURL', WP_HOME);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('ABSPATH', '{code}/');
$table_prefix = 'wp_';
require ABSPATH . 'wp-settings.php';
"""
# What WordPress' own index.php does; that one would take Debian's settings, in /etc.
_INDEX = """\
<?php
define('WP_USE_THEMES', true);
require __DIR__ . '/settings.php';
wp();
require ABSPATH . WPINC . '/template-loader.php';
"""
_INSTALL = """\
<?php
define('WP_INSTALLING', true);
// Else it sends a letter.
function wp_new_blog_notification() {}
require __DIR__ . '/settings.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
$feed = json_decode(file_get_contents($argv[1]), true, 512, JSON_THROW_ON_ERROR);
wp_install($feed['title'], 'editor', 'editor@news.example', true, '', 'password');
update_option('permalink_structure', '/%postname%/');
update_option('posts_per_rss', 20);
update_option('rss_use_excerpt', 0);
wp_installing(false);
// The editor may write any markup.
wp_set_current_user(1);
wp_delete_post(1, true);
foreach ($feed['items'] as $item) {
    $date = gmdate('Y-m-d H:i:s', strtotime($item['date_published']));
    $post = ['post_title' => $item['title'], 'post_content' => $item['content_html']];
    $post += ['post_status' => 'publish', 'post_date' => $date, 'post_date_gmt' => $date];
    if (is_wp_error($made = wp_insert_post(wp_slash($post), true))) {
        throw new Exception($made->get_error_message());
    }
}
"""
_PHP = """\
[global]
error_log = {folder}/php.log
[www]
user = {user}
listen = {folder}/php.sock
pm = dynamic
pm.max_children = 8
pm.start_servers = 2
pm.min_spare_servers = 2
pm.max_spare_servers = 8
"""
_NGINX = """\
user {user};
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    gzip on;
    gzip_vary on;
    gzip_types application/atom+xml;
    map $uri $asked {{ /feeds/atom.xml /feed/atom/; default $request_uri; }}
    # nginx weakens the tag of what it packs; WordPress knows its strong one only.
    map $http_if_none_match $tag {{ ~^W/(?<strong>.+)$ $strong; default $http_if_none_match; }}
    {temporary}
    server {{
        listen {host}:{port} reuseport;
        fastcgi_buffers 64 16k;
        fastcgi_param SCRIPT_FILENAME {folder}/index.php;
        fastcgi_param SCRIPT_NAME /index.php;
        fastcgi_param REQUEST_METHOD $request_method;
        fastcgi_param REQUEST_URI $asked;
        fastcgi_param QUERY_STRING $query_string;
        fastcgi_param SERVER_PROTOCOL $server_protocol;
        fastcgi_param SERVER_NAME {host};
        fastcgi_param REMOTE_ADDR $remote_addr;
        fastcgi_param HTTP_IF_NONE_MATCH $tag if_not_empty;
        location / {{ fastcgi_pass unix:{folder}/php.sock; }}
    }}
}}
"""


def version() -> str | None:
    """Return the version of Debian's WordPress; None if it is not installed."""
    file = CODE / "wp-includes" / "version.php"
    if not file.exists():
        return None
    found = re.search(r"^\$wp_version = '(.+)';", file.read_text(encoding="utf-8"), re.MULTILINE)
    return found and found[1]


def write(folder: Path, port: int) -> None:
    """Write the settings of all three servers, and the two PHP programs."""
    facts = {
        "code": CODE,
        "folder": folder,
        "host": HOST,
        "port": port,
        "temporary": nginx_folders(folder),
        "user": pwd.getpwuid(os.geteuid()).pw_name,
    }
    for name, text in (("settings.php", _SETTINGS), ("php.conf", _PHP), ("nginx.conf", _NGINX)):
        (folder / name).write_text(text.format_map(facts), encoding="utf-8")
    for name, text in (("index.php", _INDEX), ("install.php", _INSTALL), ("start.sql", _SQL)):
        (folder / name).write_text(text, encoding="utf-8")


@contextmanager
def _running(*command: str, until: Path | None = None) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        if until:
            wait_until(lambda: until.exists() or process.poll() is not None, 60)
        yield
    finally:
        process.terminate()
        process.wait()


def run(folder: Path, port: int, feed: Path) -> None:
    """Make the site, and serve it until one of the servers ends."""
    write(folder, port)
    user = f"--user={pwd.getpwuid(os.geteuid()).pw_name}"
    place = ("--no-defaults", f"--datadir={folder}/mariadb", user)
    subprocess.run(["mariadb-install-db", *place, "--skip-test-db"], check=True)
    where = ["--skip-networking", f"--socket={folder}/mariadb.sock"]
    where += [f"--pid-file={folder}/mariadb.pid", f"--init-file={folder}/start.sql"]
    fpm = str(max(Path("/usr/sbin").glob("php-fpm*")))
    php = ("-R", "--nodaemonize", "-d", "opcache.enable=1", "-y", f"{folder}/php.conf")
    nginx = ("-p", str(folder), "-c", f"{folder}/nginx.conf", "-g", "daemon off;")
    with ExitStack() as stack:
        base = _running("mariadbd", *place, *where, until=folder / "mariadb.sock")
        stack.enter_context(base)
        subprocess.run(["php", folder / "install.php", feed], check=True)
        stack.enter_context(_running(fpm, *php, until=folder / "php.sock"))
        stack.enter_context(_running("nginx", *nginx))
        os.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    run(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
