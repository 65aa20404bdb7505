// libxml2's ICU types clash with Foundation's own copy of ICU, so its encoder header is read without them.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/xmlreader.h>
#include <libxml/xmlwriter.h>

static void calmIgnoreXMLMessage(void *context, const char *message, ...) {
    (void)context;
    (void)message;
}

// Some messages of libxml2 go to no handler of an error; on this thread, none is written to standard error any more.
static inline void calmSilenceXMLMessages(void) { xmlSetGenericErrorFunc(NULL, calmIgnoreXMLMessage); }
