/* versions: of the libraries that omen is linked with, for `omen --version`. */
#ifndef OMEN_CONNECTORS_VERSIONS_H
#define OMEN_CONNECTORS_VERSIONS_H

#include "base/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

void versions_text(struct buf *out); /* one line each: name, blank, version */

#ifdef __cplusplus
}
#endif

#endif
