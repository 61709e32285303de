#pragma once
// How moments and browsers are told on this folder's pages.

#include <string>

#include "portal/portal.h"

namespace kidoban::portal {

std::string readable(Time at, const Looks& looks);
// "Firefox on Windows"
std::string browser_words(const page::Pages& pages, page::Language language, std::string_view user_agent);

}  // namespace kidoban::portal
