#include "factors/passwords.h"

namespace kidoban::factors {

namespace {
// "hanako@shop.example.com": what stands before the @, and the host but for its last label, which is half the world's.
void add_address(std::vector<std::string>& words, std::string_view address) {
  const std::size_t at = address.find('@');
  words.emplace_back(address.substr(0, at));
  if (at == std::string_view::npos) return;
  const std::string_view host = address.substr(at + 1);
  words.emplace_back(host.substr(0, host.rfind('.')));
}
}  // namespace

PasswordOwner owner_of(TenantId tenant, const std::optional<Id>& person, const directory::Profile& profile, std::string_view company) {
  PasswordOwner owner{tenant, person, {profile.display_name, profile.given_name, profile.family_name, profile.given_name_kana,
                                       profile.family_name_kana, profile.employee_number, profile.organization, std::string(company)}};
  for (const std::string* address : {&profile.login, &profile.email, &profile.private_email}) {
    if (!address->empty()) add_address(owner.own_words, *address);
  }
  return owner;
}

}  // namespace kidoban::factors
