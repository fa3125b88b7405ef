# A cache in front of HAProxy, which is on the same machine: docs/replicas.md.
# In feedsvc.toml of each replica:
#     surrogate_keys = ["xkey"]
#     [purge]
#     urls = ["http://10.0.0.9/"]
#     header = "xkey-purge"
vcl 4.1;

import std;
import xkey;

acl replicas {
    "10.0.0.1";
    "10.0.0.2";
    "10.0.0.3";
}

backend haproxy {
    .host = "127.0.0.1";
    .port = "8080";
    .connect_timeout = 2s;
    .first_byte_timeout = 60s;
    .probe = {
        .url = "/healthz";
        .interval = 2s;
        .timeout = 5s;
        .window = 4;
        .threshold = 2;
        .initial = 2;
    }
}

sub vcl_recv {
    if (req.method == "PURGE") {
        if (client.ip !~ replicas) {
            return (synth(403, "Not allowed"));
        }
        if (!req.http.xkey-purge) {
            return (synth(400, "No key"));
        }
        set req.http.X-Purged = xkey.purge(req.http.xkey-purge);
        return (synth(200, "Purged " + req.http.X-Purged));
    }
    # There are none that matter; statistics scripts of other sites set them.
    unset req.http.Cookie;
    # Varnish would take any later date for "not modified"; entity tags do the rest.
    unset req.http.If-Modified-Since;
    # What a reader has not seen (RFC 3229) only the service knows.
    if (req.http.A-IM) {
        return (pass);
    }
    # What is too old is served only while no replica answers.
    if (req.restarts == 0 && std.healthy(req.backend_hint)) {
        set req.grace = 0s;
    }
}

sub vcl_backend_response {
    if (beresp.status >= 500) {
        # Not kept, and no reason to forget what there is.
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        return (deliver);
    }
    # As `stale-if-error` allows.
    set beresp.grace = 1d;
}

sub vcl_backend_error {
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
}

sub vcl_deliver {
    # Once more: another replica may answer, or there may be something old.
    if (resp.status >= 500 && req.restarts == 0 && (req.method == "GET" || req.method == "HEAD")) {
        return (restart);
    }
    unset resp.http.xkey;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
}
