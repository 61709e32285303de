#pragma once
// The one list of what this program is made of. Adding a feature, a factor or a protocol is a folder
// and a line here.

#include <memory>
#include <vector>

#include "page/page.h"
#include "store/migrate.h"

namespace kidoban::service {

// Folders with tables, in the order in which their migrations run.
std::vector<store::Feature> features();
// Folders with pages and words.
std::vector<page::Pages::Folder> page_folders();

}  // namespace kidoban::service
