#include "CCurl.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static struct {
    int (*global_init)(long flags);
    char *(*version)(void);
    void *(*easy_init)(void);
    void (*easy_cleanup)(void *curl);
    int (*easy_setopt)(void *curl, int option, ...);
    int (*easy_perform)(void *curl);
    int (*easy_getinfo)(void *curl, int info, ...);
    const char *(*easy_strerror)(int code);
    void *(*slist_append)(void *list, const char *line);
    void (*slist_free_all)(void *list);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[512];

static void load(void) {
    // One interface, built with different TLS libraries; Debian's git comes with the second.
    const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4"};
    void *handle = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !handle; i++) {
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (!handle && i == 0) snprintf(problem, sizeof problem, "%s", dlerror());
    }
    if (!handle) return;
    problem[0] = 0;
    const struct {
        const char *name;
        void **function;
    } functions[] = {
        {"curl_global_init", (void **)&library.global_init},
        {"curl_version", (void **)&library.version},
        {"curl_easy_init", (void **)&library.easy_init},
        {"curl_easy_cleanup", (void **)&library.easy_cleanup},
        {"curl_easy_setopt", (void **)&library.easy_setopt},
        {"curl_easy_perform", (void **)&library.easy_perform},
        {"curl_easy_getinfo", (void **)&library.easy_getinfo},
        {"curl_easy_strerror", (void **)&library.easy_strerror},
        {"curl_slist_append", (void **)&library.slist_append},
        {"curl_slist_free_all", (void **)&library.slist_free_all},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        *functions[i].function = dlsym(handle, functions[i].name);
        if (!*functions[i].function) {
            snprintf(problem, sizeof problem, "it has no function %s", functions[i].name);
            return;
        }
    }
    enum { everything = 3 };
    int code = library.global_init(everything);
    if (code) snprintf(problem, sizeof problem, "it can't be initialised: %s", library.easy_strerror(code));
}

const char *calm_curl_load(void) {
    pthread_once(&once, load);
    return problem[0] ? problem : NULL;
}

const char *calm_curl_version(void) { return library.version(); }
void *calm_curl_open(void) { return library.easy_init(); }
void calm_curl_close(void *curl) { library.easy_cleanup(curl); }

int calm_curl_set_long(void *curl, int option, long value) { return library.easy_setopt(curl, option, value); }
int calm_curl_set_string(void *curl, int option, const char *value) {
    return library.easy_setopt(curl, option, value);
}
int calm_curl_set_pointer(void *curl, int option, void *value) { return library.easy_setopt(curl, option, value); }
int calm_curl_set_sink(void *curl, int option, calm_curl_sink sink) {
    return library.easy_setopt(curl, option, sink);
}

int calm_curl_perform(void *curl) { return library.easy_perform(curl); }

long calm_curl_long(void *curl, int info) {
    long value = 0;
    return library.easy_getinfo(curl, info, &value) ? 0 : value;
}

const char *calm_curl_string(void *curl, int info) {
    const char *value = NULL;
    return library.easy_getinfo(curl, info, &value) ? NULL : value;
}

const char *calm_curl_message(int code) { return library.easy_strerror(code); }
void *calm_curl_append(void *list, const char *line) { return library.slist_append(list, line); }
void calm_curl_free_list(void *list) { library.slist_free_all(list); }

#if __has_include(<curl/curl.h>)
// So that the functions of the header are as they are called here.
#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>
#define SAME(name) _Static_assert((int)CALM_##name == (int)name, #name)
SAME(CURLOPT_LOW_SPEED_LIMIT);
SAME(CURLOPT_LOW_SPEED_TIME);
SAME(CURLOPT_NOPROGRESS);
SAME(CURLOPT_NETRC);
SAME(CURLOPT_FOLLOWLOCATION);
SAME(CURLOPT_CONNECTTIMEOUT);
SAME(CURLOPT_NOSIGNAL);
SAME(CURLOPT_PROTOCOLS);
SAME(CURLOPT_SUPPRESS_CONNECT_HEADERS);
SAME(CURLOPT_WRITEDATA);
SAME(CURLOPT_URL);
SAME(CURLOPT_PROXY);
SAME(CURLOPT_ERRORBUFFER);
SAME(CURLOPT_USERAGENT);
SAME(CURLOPT_HTTPHEADER);
SAME(CURLOPT_HEADERDATA);
SAME(CURLOPT_CAINFO);
SAME(CURLOPT_CAPATH);
SAME(CURLOPT_ACCEPT_ENCODING);
SAME(CURLOPT_NOPROXY);
SAME(CURLOPT_PROXY_CAINFO);
SAME(CURLOPT_WRITEFUNCTION);
SAME(CURLOPT_HEADERFUNCTION);
SAME(CURLINFO_REDIRECT_URL);
SAME(CURLINFO_RESPONSE_CODE);
SAME(CURLINFO_HTTP_CONNECTCODE);
SAME(CURLE_UNSUPPORTED_PROTOCOL);
SAME(CURLE_URL_MALFORMAT);
SAME(CURLE_COULDNT_RESOLVE_PROXY);
SAME(CURLE_COULDNT_RESOLVE_HOST);
SAME(CURLE_PARTIAL_FILE);
SAME(CURLE_WRITE_ERROR);
SAME(CURLE_OPERATION_TIMEDOUT);
SAME(CURLE_PEER_FAILED_VERIFICATION);
SAME(CURLE_SSL_CACERT_BADFILE);
SAME(CURL_ERROR_SIZE);
SAME(CURLPROTO_HTTP);
SAME(CURLPROTO_HTTPS);
SAME(CURL_NETRC_OPTIONAL);
#endif
