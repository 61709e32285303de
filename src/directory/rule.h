#pragma once
// What a rule of a group may ask, and asking it of somebody.
//
//   department eq "Sales" and not (title eq "Intern") and custom.site sw "東京"
//
// SCIM's language (filter.h) over our own attributes' names (attributes.h, "custom.<name>" for what a tenant declared) and `state`.

#include <span>

#include "directory/directory.h"
#include "directory/filter.h"

namespace kidoban::directory {

// malformed/"filter_malformed", "filter_too_complex", malformed/"rule_attribute_unknown" (the note names it).
Result<Filter> rule_of(std::string_view text, std::span<const CustomAttribute> custom);
bool matches(const Filter& rule, const Person& person);

}  // namespace kidoban::directory
