#pragma once
// A contractor is called otherwise.

#include "tenant/tenant.h"

namespace kidoban::tenant {

// The transaction's own tenant. To be called what it is called already is no change and no record; else "tenant.renamed" has both
// names. Pages show the new one within half a minute (make_site_finder's memory). malformed/"name_malformed".
Status rename(store::Transaction& tx, audit::Audit& audit, std::string_view name, const audit::Event& by);

}  // namespace kidoban::tenant
