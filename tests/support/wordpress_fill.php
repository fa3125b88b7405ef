<?php
// Fill a new WordPress through its own functions, and write its export to the standard output.
// Arguments: the folder of WordPress, a picture, the address of the site.
[, $root, $picture, $site] = $argv;
$_SERVER['HTTP_HOST'] = parse_url($site, PHP_URL_HOST) . ':' . parse_url($site, PHP_URL_PORT);
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD'] = 'GET';
define('WP_INSTALLING', true);
require_once "$root/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/image.php';
require_once ABSPATH . 'wp-admin/includes/export.php';
wp_install('Пресс-центр', 'admin', 'press@example.org', true, '', 'secret');
wp_delete_post(1, true);
update_option('permalink_structure', '/%year%/%monthnum%/%day%/%postname%/');
update_option('timezone_string', 'Europe/Moscow');
update_option('posts_per_rss', 100);
update_option('rss_use_excerpt', 0);
wp_set_current_user(1);
wp_update_user(['ID' => 1, 'display_name' => 'Иван Петров']);
global $wp_rewrite;
$wp_rewrite->init();
$wp_rewrite->flush_rules(false);

function picture(string $name, int $parent = 0, string $caption = ''): int {
    global $picture;
    $saved = wp_upload_bits($name, null, file_get_contents($picture), '2014/08');
    $id = wp_insert_attachment([
        'post_mime_type' => 'image/png', 'post_title' => $name, 'post_excerpt' => $caption,
        'post_status' => 'inherit', 'guid' => $saved['url'],
    ], $saved['file'], $parent);
    update_post_meta($id, '_wp_attachment_image_alt', "Снимок $name");
    wp_update_attachment_metadata($id, wp_generate_attachment_metadata($id, $saved['file']));
    return $id;
}

function post(string $title, string $content, array $more = []): int {
    static $hour = 0;
    $hour++;
    $id = wp_insert_post(wp_slash($more + [
        'post_title' => $title, 'post_content' => $content, 'post_status' => 'publish',
        'post_author' => 1, 'post_date' => sprintf('2014-08-%02d 15:%02d:00', 1 + intdiv($hour, 24), $hour % 24),
    ]), true);
    if (is_wp_error($id)) {
        fwrite(STDERR, $id->get_error_message());
        exit(1);
    }
    return $id;
}

$news = wp_insert_category(['cat_name' => 'Спорт и отдых', 'category_nicename' => 'sport']);
$first = picture('каток.png');
$second = picture('second.png', 0, 'Вторая <b>подпись</b>');
$large = wp_get_attachment_image_src($first, 'medium')[0];
$full = wp_get_attachment_url($first);
post('Абзацы & «кавычки»', "Первый абзац\nс переводом строки.\n\nВторой абзац с <strong>важным</strong> и <a href=\"https://example.org/a?b=1&amp;c=2\">ссылкой</a>.\n\n<ul>\n<li>один</li>\n<li>два</li>\n</ul>\nПосле списка 2 * 2 = 4, a_b_c, # не заголовок\n\n1. не список, а номер",
    ['post_category' => [$news], 'tags_input' => ['каток', 'зима 2014']]);
post('Блоки', "<!-- wp:heading -->\n<h2>Заголовок</h2>\n<!-- /wp:heading -->\n\n<!-- wp:paragraph -->\n<p>Абзац с <em>выделением</em>.</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:image {\"id\":$first} -->\n<figure class=\"wp-block-image\"><img src=\"$large\" alt=\"Каток\" class=\"wp-image-$first\"/><figcaption>Подпись под снимком</figcaption></figure>\n<!-- /wp:image -->\n\n<!-- wp:list -->\n<ul><li>раз</li><li>два</li></ul>\n<!-- /wp:list -->\n\n<!-- wp:quote -->\n<blockquote class=\"wp-block-quote\"><p>Цитата</p><cite>Глава</cite></blockquote>\n<!-- /wp:quote -->\n\n<!-- wp:table -->\n<figure class=\"wp-block-table\"><table><tbody><tr><td>а</td><td>б</td></tr></tbody></table></figure>\n<!-- /wp:table -->");
$with = post('С подписью', "До.\n\n[caption id=\"attachment_$first\" align=\"aligncenter\" width=\"300\"]<a href=\"$full\"><img src=\"$large\" alt=\"к\" width=\"300\" height=\"200\" /></a> Подпись[/caption]\n\nПосле.");
set_post_thumbnail($with, $second);
post('Галерея', "Снимки:\n\n[gallery ids=\"$first,$second\"]\n\nконец");
$own = post('Своя галерея', "Свои снимки\n\n[gallery]");
picture('own-a.png', $own);
picture('own-b.png', $own, 'Б');
post('Видео', "Смотрите:\n\nhttps://www.youtube.com/watch?v=dQw4w9WgXcQ\n\n[embed]https://rutube.ru/video/abc/[/embed]\n\nи <iframe src=\"https://vk.com/video_ext.php?oid=-1&id=2\"></iframe>");
post('Неизвестное', "Форма: [contact-form-7 id=\"5\" title=\"Форма\"] и [скобки], и [1].");
post('Код', "Пример:\n\n<pre>a\n\n  b &lt; c</pre>\n\n[code]{{ x }} & y[/code]\n\nи {{ шаблон }} в тексте");
post('С отрывком', "Длинный текст.\n\nЕщё.<!--more-->\n\nДальше.", ['post_excerpt' => 'Отрывок & анонс']);
post('Ссылка', 'На <a href="' . get_permalink($with) . '">другую новость</a>.');
post('', 'Без заголовка, но с текстом.');
for ($number = 1; $number <= 20; $number++) {
    post("Новость №$number", "Текст новости №$number.\n\nВторой абзац, $number.");
}
post('Черновик', 'Тайна черновика.', ['post_status' => 'draft']);
post('Частное', 'Тайна частного.', ['post_status' => 'private']);
post('Ожидает', 'Тайна ожидающего.', ['post_status' => 'pending']);
post('Под паролем', 'Тайна пароля.', ['post_password' => 'x']);
post('Будущее', 'Тайна будущего.', ['post_status' => 'future', 'post_date' => '2099-01-01 10:00:00']);
$trash = post('Корзина', 'Тайна корзины.');
wp_trash_post($trash);
wp_insert_post(['post_type' => 'page', 'post_title' => 'О нас', 'post_content' => 'x', 'post_status' => 'publish']);
wp_insert_comment(['comment_post_ID' => $with, 'comment_content' => 'Комментарий', 'comment_author' => 'Я']);
ob_start();
@export_wp();
echo ob_get_clean();
