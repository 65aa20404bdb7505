// libcurl's easy interface, loaded when it is first used.
//
// Why libcurl: it resumes, times out stalls, speaks HTTP/1.1 and HTTP/2 through HTTP, HTTPS and SOCKS proxies, checks
// certificates against the system's store, and its binary interface has kept every number since 2000. URLSession
// (FoundationNetworking) wraps the same library, but hides resumption by range, stall detection and certificate settings;
// async-http-client would bring 15 packages and minutes of build time.
//
// Why it is loaded rather than linked: libcurl.so.4 pulls in 31 more libraries (OpenSSL, Kerberos, LDAP, HTTP/2, SSH).
// Measured on two cores of an AMD EPYC with Debian 12's 7.88.1, 200 starts of an empty C program, twice: with it linked a start
// takes 12 to 14 ms, without it 2.3 ms. Loading it costs that difference once, in the worker that fetches something.
//
// Why it declares the constants itself: their values are part of libcurl's binary interface and never change, so `calm` builds
// without libcurl's headers. Where these are installed, ccurl.c checks each value against them.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum calm_curl_option {
    CALM_CURLOPT_LOW_SPEED_LIMIT = 19,
    CALM_CURLOPT_LOW_SPEED_TIME = 20,
    CALM_CURLOPT_NOPROGRESS = 43,
    CALM_CURLOPT_NETRC = 51,
    CALM_CURLOPT_FOLLOWLOCATION = 52,
    CALM_CURLOPT_CONNECTTIMEOUT = 78,
    CALM_CURLOPT_NOSIGNAL = 99,
    CALM_CURLOPT_PROTOCOLS = 181,
    CALM_CURLOPT_SUPPRESS_CONNECT_HEADERS = 265,
    CALM_CURLOPT_WRITEDATA = 10001,
    CALM_CURLOPT_URL = 10002,
    CALM_CURLOPT_PROXY = 10004,
    CALM_CURLOPT_ERRORBUFFER = 10010,
    CALM_CURLOPT_USERAGENT = 10018,
    CALM_CURLOPT_HTTPHEADER = 10023,
    CALM_CURLOPT_HEADERDATA = 10029,
    CALM_CURLOPT_CAINFO = 10065,
    CALM_CURLOPT_CAPATH = 10097,
    CALM_CURLOPT_ACCEPT_ENCODING = 10102,
    CALM_CURLOPT_NOPROXY = 10177,
    CALM_CURLOPT_PROXY_CAINFO = 10246,
    CALM_CURLOPT_WRITEFUNCTION = 20011,
    CALM_CURLOPT_HEADERFUNCTION = 20079,
};

enum calm_curl_info {
    CALM_CURLINFO_REDIRECT_URL = 0x100000 + 31,
    CALM_CURLINFO_RESPONSE_CODE = 0x200000 + 2,
    CALM_CURLINFO_HTTP_CONNECTCODE = 0x200000 + 22,
};

enum calm_curl_code {
    CALM_CURLE_UNSUPPORTED_PROTOCOL = 1,
    CALM_CURLE_URL_MALFORMAT = 3,
    CALM_CURLE_COULDNT_RESOLVE_PROXY = 5,
    CALM_CURLE_COULDNT_RESOLVE_HOST = 6,
    CALM_CURLE_PARTIAL_FILE = 18,
    CALM_CURLE_WRITE_ERROR = 23,
    CALM_CURLE_OPERATION_TIMEDOUT = 28,
    CALM_CURLE_PEER_FAILED_VERIFICATION = 60,
    CALM_CURLE_SSL_CACERT_BADFILE = 77,
};

enum {
    CALM_CURL_ERROR_SIZE = 256,
    CALM_CURLPROTO_HTTP = 1,
    CALM_CURLPROTO_HTTPS = 2,
    CALM_CURL_NETRC_OPTIONAL = 1,
};

/// Takes `size` bytes; any other result than `size` ends the transfer with CALM_CURLE_WRITE_ERROR.
typedef size_t (*calm_curl_sink)(char *bytes, size_t one, size_t size, void *context);

/// Loads libcurl. Returns null, or why it can't be loaded. May be called from any thread, any number of times.
const char *calm_curl_load(void);

// Everything below needs `calm_curl_load` to have returned null. `curl` is an easy handle.

const char *calm_curl_version(void);
/// A new handle, or null if there is no memory.
void *calm_curl_open(void);
void calm_curl_close(void *curl);
// Each sets an option and returns 0, or libcurl's error code. Strings are copied.
int calm_curl_set_long(void *curl, int option, long value);
int calm_curl_set_string(void *curl, int option, const char *value);
int calm_curl_set_pointer(void *curl, int option, void *value);
int calm_curl_set_sink(void *curl, int option, calm_curl_sink sink);
/// Performs the transfer and returns 0, or libcurl's error code.
int calm_curl_perform(void *curl);
long calm_curl_long(void *curl, int info);
/// Null if there is no such information; valid until the handle's next use.
const char *calm_curl_string(void *curl, int info);
const char *calm_curl_message(int code);
/// Appends a copy of `line` to a list of header lines, which is null if empty. Returns null if there is no memory.
void *calm_curl_append(void *list, const char *line);
void calm_curl_free_list(void *list);
