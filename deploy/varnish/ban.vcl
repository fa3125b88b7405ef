# Without the module xkey: BAN in place of PURGE, and of the rest of default.vcl no more than is needed
# here. Each ban is checked against every object once: good for some thousands of them.
# In feedsvc.toml of each replica:
#     surrogate_keys = ["Surrogate-Key"]
#     [purge]
#     urls = ["http://10.0.0.9/{key}"]
#     method = "BAN"
vcl 4.1;

import std;

acl replicas {
    "10.0.0.1";
    "10.0.0.2";
    "10.0.0.3";
}

backend haproxy {
    .host = "127.0.0.1";
    .port = "8080";
}

sub vcl_recv {
    if (req.method == "BAN") {
        if (client.ip !~ replicas) {
            return (synth(403, "Not allowed"));
        }
        # Keys are letters, digits, hyphens, full stops and underscores.
        if (req.url !~ "^/[A-Za-z0-9._-]+$") {
            return (synth(400, "No key"));
        }
        if (std.ban("obj.http.Surrogate-Key ~ (^|\s)" + regsuball(regsub(req.url, "^/", ""), "\.", "\\.") + "(\s|$)")) {
            return (synth(200, "Banned"));
        }
        return (synth(500, std.ban_error()));
    }
    unset req.http.Cookie;
    unset req.http.If-Modified-Since;
    if (req.http.A-IM) {
        return (pass);
    }
    set req.grace = 0s;
}

sub vcl_deliver {
    unset resp.http.Surrogate-Key;
}
