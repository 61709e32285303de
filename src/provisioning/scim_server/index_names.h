#pragma once
// What SCIM's names mean to the index in memory (search/).

#include "provisioning/scim_server/shape.h"
#include "search/names.h"

namespace kidoban::scim {

// Of a person. What the index hasn't (groups, references, versions) is nothing: such a filter looks at people one by one. Borrows the shape.
search::Names index_names(const ResourceShape& user_shape);
// What people are sorted by: one value of each.
std::optional<search::Field> index_order(const ResourceShape& user_shape, const directory::AttributePath& path);

}  // namespace kidoban::scim
