#include "service/setup.h"

#include "base/limits.h"
#include "base/text.h"
#include "service/setup_store.h"

namespace kidoban::service {

namespace {

using http::Reply;
using http::Request;

crypto::Digest hash_of(std::string_view token) { return crypto::sha256(token); }

page::Language language_of(const Request& request) {
  return page::choose_language({}, request.header("accept-language"));
}

// What the page's form says.
struct FirstOperator {
  std::string login, name;
  Secret password;
};

Result<FirstOperator> parse(const Request& request) {
  const auto form = TRY(request.body_form());
  FirstOperator first{std::string(form.get_or("login")), std::string(form.get_or("name")),
                      Secret::of(form.get_or("password"))};
  if (form.get_or("password") != form.get_or("password_again")) {
    return fail(Kind::malformed, "passwords_differ");
  }
  return first;
}

class Setup {
 public:
  Setup(House& house, const page::Pages& pages, const tenant::Addressing& addressing)
      : house_(house), pages_(pages), addressing_(addressing) {}

  Result<Reply> show(Request& request) {
    TRY(check_link(request));
    return page(request, {}, "");
  }

  Result<Reply> make(Request& request) {
    TRY(check_link(request));
    auto first = parse(request);
    if (!first) return page(request, {}, word_of(request, first.error()));
    auto faults = make_operator(request, *first);
    if (!faults) {
      // What the person can mend is shown on the form; the rest is an error page.
      if (faults.error().kind == Kind::malformed || faults.error().kind == Kind::conflict) {
        return page(request, *first, word_of(request, faults.error()));
      }
      return std::unexpected(std::move(faults.error()));
    }
    if (!faults->empty()) return page(request, *first, words_of(request, *faults));
    const auto tenant = TRY(house_.tenants.find_by_slug(operator_slug, request.deadline));
    return Reply::see_other(tenant::base_url(addressing_, tenant) + "/");
  }

  Reply error(const Request& request, const Error& error) const { return pages_.error(request, "service", error); }

 private:
  Status check_link(const Request& request) {
    const auto hash = hash_of(request.path_value("token"));
    const Time now = house_.clock.now();
    const bool there = TRY(house_.store->system_read(
        request.deadline,
        [&](store::SystemTransaction& tx) -> Result<bool> { return has_setup_link(tx, hash, now); }));
    if (!there) return fail(Kind::expired, "setup_link_spent");
    return {};
  }

  // Everything that is wrong with the password; nothing: it is done.
  Result<std::vector<factors::Fault>> make_operator(const Request& request, const FirstOperator& first) {
    TRY(directory::canonical_login(first.login));
    // Hashed before the link is spent and outside any transaction: it takes a while, and may refuse.
    directory::Profile profile;
    profile.login = first.login;
    profile.display_name = first.name;
    auto chosen = TRY(house_.password.choose(factors::owner_of(TenantId{}, {}, profile, ""), first.password, request.deadline));
    if (auto* faults = std::get_if<std::vector<factors::Fault>>(&chosen)) return std::move(*faults);
    const auto& credential = std::get<factors::PreparedPassword>(chosen);
    const auto hash = hash_of(request.path_value("token"));
    TRY(house_.store->system_write(request.deadline, [&](store::SystemTransaction& tx) -> Result<bool> {
      if (!TRY(take_setup_link(tx, hash, house_.clock.now()))) return fail(Kind::expired, "setup_link_spent");
      const auto made = TRY(house_.tenants.create(
          tx, {std::string(operator_slug), "Kidoban", ""}, {audit::ActorKind::nobody, std::nullopt}));
      auto inside = tx.as(made.id);
      directory::Directory::NewPerson wanted;
      wanted.profile.login = first.login;
      wanted.profile.display_name = first.name;
      wanted.administrator = true;
      const audit::Event by = audit::from(request, {.name = "operator.set_up"});
      const auto person = TRY(house_.directory.create_person(inside, wanted, by));
      TRY(house_.password.set(inside, person.id, credential, by));
      return true;
    }));
    return std::vector<factors::Fault>{};
  }

  std::string word_of(const Request& request, const Error& error) const {
    return pages_.word(language_of(request), "service", "problem." + std::string(error.reason.text()));
  }
  std::string words_of(const Request& request, const std::vector<factors::Fault>& faults) const {
    const auto language = language_of(request);
    std::string all;
    for (const auto& fault : faults) {
      if (!all.empty() && language == page::Language::en) all += ' ';
      all += pages_.word(language, "factors/password", fault.reason.text(), {fault.value});
    }
    return all;
  }

  Result<Reply> page(const Request& request, const FirstOperator& typed, const std::string& problem) {
    const auto language = language_of(request);
    page::Data data;
    data.text["login"] = typed.login;
    data.text["name"] = typed.name;
    if (!problem.empty()) data.text["problem"] = problem;
    return pages_.render(request, language, "service/setup", data, problem.empty() ? 200 : 400);
  }

  House& house_;
  const page::Pages& pages_;
  const tenant::Addressing& addressing_;
};

}  // namespace

Result<std::optional<std::string>> make_setup_token(House& house) {
  if (TRY(house.tenants.count(command_deadline())) > 0) return std::nullopt;
  std::string token = base64url(house.random.bytes<32>());
  const Time expires_at = house.clock.now() + setup_link_lifetime;
  TRY(house.store->system_write(command_deadline(), [&](store::SystemTransaction& tx) -> Status {
    return put_setup_link(tx, hash_of(token), expires_at);
  }));
  return token;
}

void add_setup_routes(http::Routes& routes, House& house, const page::Pages& pages,
                      const tenant::Addressing& addressing) {
  auto setup = std::make_shared<Setup>(house, pages, addressing);
  const auto errors = [setup](const Request& request, const Error& error) { return setup->error(request, error); };
  routes.add({http::Scope::service, http::Method::get, "/setup/{token}", http::Guard::open,
              {http::Body::Type::none, 0}, errors,
              [setup](Request& request) { return setup->show(request); }, "setup_page", false});
  routes.add({http::Scope::service, http::Method::post, "/setup/{token}", http::Guard::same_origin,
              {http::Body::Type::form, limits::form_body_bytes}, errors,
              [setup](Request& request) { return setup->make(request); }, "setup", false});
}

}  // namespace kidoban::service
