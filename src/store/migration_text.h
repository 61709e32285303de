#pragma once
// A migration file's text, made ready for one engine.

#include <string>
#include <string_view>

#include "base/result.h"

namespace kidoban::store {

// Keeps what stands in /*!<engine> … */ and drops the other engines' parts; everything else stays as it
// is. malformed/"migration_malformed" for a part that doesn't end or whose engine nobody knows.
Result<std::string> text_for(std::string_view engine, std::string_view file);

}  // namespace kidoban::store
