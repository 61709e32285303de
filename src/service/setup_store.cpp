#include "service/setup_store.h"

namespace kidoban::service {

namespace {
constexpr store::Sql put{"put_setup_link",
                         "insert into setup_links (one, token_hash, expires_at) values (1, $1, $2) "
                         "on conflict (one) do update set token_hash = $1, expires_at = $2"};
constexpr store::Sql find{"find_setup_link",
                          "select 1 from setup_links where one = 1 and token_hash = $1 and expires_at > $2"};
constexpr store::Sql take{"take_setup_link",
                          "delete from setup_links where one = 1 and token_hash = $1 and expires_at > $2"};
}  // namespace

Status put_setup_link(store::SystemTransaction& tx, const crypto::Digest& token_hash, Time expires_at) {
  TRY(tx.execute(put, token_hash, expires_at));
  return {};
}

Result<bool> has_setup_link(store::SystemTransaction& tx, const crypto::Digest& token_hash, Time now) {
  return !TRY(tx.query(find, token_hash, now)).empty();
}

Result<bool> take_setup_link(store::SystemTransaction& tx, const crypto::Digest& token_hash, Time now) {
  return TRY(tx.execute(take, token_hash, now)) == 1;
}

}  // namespace kidoban::service
