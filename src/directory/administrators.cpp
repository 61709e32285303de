#include "directory/administrators.h"

namespace kidoban::directory {

namespace {
constexpr store::Sql all_sql{"administrators", "select id from people where tenant = $1 and administrator = 1 and state = 0 order by id limit $2"};
}  // namespace

Result<std::vector<Id>> administrators(store::Transaction& tx, std::size_t limit) {
  const auto rows = TRY(tx.query(all_sql, limit));
  std::vector<Id> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(rows[i].id(0));
  return all;
}

}  // namespace kidoban::directory
