#include "directory/member_store.h"

namespace kidoban::directory {

namespace {

using store::Sql;

// Each asks for both ends in the same statement: nobody is put into a group that isn't there.
constexpr Sql insert_person_row{"insert_group_member",
                                "insert into group_members (tenant, group_id, person) "
                                "select g.tenant, g.id, p.id from person_groups g join people p on p.tenant = g.tenant "
                                "where g.tenant = $1 and g.id = $2 and p.id = $3 on conflict (tenant, group_id, person) do nothing"};
constexpr Sql insert_group_row{"insert_group_in_group",
                               "insert into group_groups (tenant, group_id, child) "
                               "select g.tenant, g.id, c.id from person_groups g join person_groups c on c.tenant = g.tenant "
                               "where g.tenant = $1 and g.id = $2 and c.id = $3 on conflict (tenant, group_id, child) do nothing"};
constexpr Sql delete_person_row{"delete_group_member", "delete from group_members where tenant = $1 and group_id = $2 and person = $3"};
constexpr Sql delete_group_row{"delete_group_in_group", "delete from group_groups where tenant = $1 and group_id = $2 and child = $3"};
constexpr Sql has_person_row{"has_group_member", "select 1 from group_members where tenant = $1 and group_id = $2 and person = $3"};
constexpr Sql has_group_row{"has_group_in_group", "select 1 from group_groups where tenant = $1 and group_id = $2 and child = $3"};
constexpr Sql has_one_person{"has_person", "select 1 from people where tenant = $1 and id = $2"};
constexpr Sql select_both{"list_group_members",
                          "select id, is_group from ("
                          "select * from (select person as id, 0 as is_group from group_members "
                          "where tenant = $1 and group_id = $2 and person > $3 order by person limit $4) people_in union all "
                          "select * from (select child as id, 1 as is_group from group_groups "
                          "where tenant = $1 and group_id = $2 and child > $3 order by child limit $4) groups_in"
                          ") both_in order by id limit $4"};
constexpr Sql select_people_page{"list_people_in_group",
                                 "select person from group_members where tenant = $1 and group_id = $2 and person > $3 order by person limit $4"};
constexpr Sql any_within{"has_groups_in_group", "select 1 from group_groups where tenant = $1 and group_id = $2 limit 1"};
constexpr Sql count_within{"count_groups_in_group", "select count(*) from group_groups where tenant = $1 and group_id = $2"};

// Each group once a level, so that many ways to the same group cost no more than levels times groups. 16: limits::group_depth.
constexpr Sql levels_below{"find_levels_below_group",
                           "with recursive below(id, level) as ("
                           "select child, 1 from group_groups where tenant = $1 and group_id = $2 union "
                           "select g.child, b.level + 1 from below b join group_groups g on g.tenant = $1 and g.group_id = b.id where b.level < 16) "
                           "select coalesce(max(level), 0), coalesce(max(case when id = $3 then 1 else 0 end), 0) from below"};
constexpr Sql levels_above{"find_levels_above_group",
                           "with recursive above(id, level) as ("
                           "select group_id, 1 from group_groups where tenant = $1 and child = $2 union "
                           "select g.group_id, a.level + 1 from above a join group_groups g on g.tenant = $1 and g.child = a.id where a.level < 16) "
                           "select coalesce(max(level), 0) from above"};
constexpr Sql groups_below{"list_groups_below_group",
                           "with recursive below(id) as ("
                           "select child from group_groups where tenant = $1 and group_id = $2 union "
                           "select g.child from below b join group_groups g on g.tenant = $1 and g.group_id = b.id) "
                           "select id from below"};
// From the person upwards, each group once. `cross join` keeps SQLite from walking all groups and looking among the person's.
constexpr Sql memberships{"list_memberships",
                          "with recursive mine(id) as ("
                          "select group_id from group_members where tenant = $1 and person = $2 union "
                          "select g.group_id from mine m join group_groups g on g.tenant = $1 and g.child = m.id) "
                          "select g.id, g.name, case when exists (select 1 from group_members d where d.tenant = $1 and d.group_id = g.id and d.person = $2) "
                          "then 1 else 0 end from mine m cross join person_groups g where g.tenant = $1 and g.id = m.id and m.id > $3 "
                          "order by m.id limit $4"};
constexpr Sql direct_memberships{"list_direct_memberships",
                                 "select g.id, g.name, 1 from group_members m join person_groups g on g.tenant = m.tenant and g.id = m.group_id "
                                 "where m.tenant = $1 and m.person = $2 and m.group_id > $3 order by m.group_id limit $4"};

std::vector<Id> ids_of(const store::Rows& rows) {
  std::vector<Id> all;
  all.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(rows[i].id(0));
  return all;
}

std::vector<MembershipRow> memberships_of(const store::Rows& rows) {
  std::vector<MembershipRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({rows[i].id(0), std::string(rows[i].blob_text(1)), rows[i].flag(2)});
  return all;
}

bool is_group(const Member& member) { return member.kind == MemberKind::group; }

}  // namespace

Result<bool> insert_member(store::Transaction& tx, const Id& group, const Member& member) {
  return TRY(tx.execute(is_group(member) ? insert_group_row : insert_person_row, group, member.id)) == 1;
}

Result<bool> delete_member(store::Transaction& tx, const Id& group, const Member& member) {
  return TRY(tx.execute(is_group(member) ? delete_group_row : delete_person_row, group, member.id)) == 1;
}

namespace {

store::Batch batch_of(const Id& group, std::span<const Id> members) {
  store::Batch batch;
  for (const Id& one : members) batch.add(group, one);
  return batch;
}

Result<std::vector<bool>> changed_each(store::Transaction& tx, const Sql& sql, const Id& group, std::span<const Id> members) {
  auto batch = batch_of(group, members);
  std::vector<bool> all;
  all.reserve(members.size());
  for (const std::int64_t changed : TRY(tx.execute_each(sql, batch))) all.push_back(changed == 1);
  return all;
}

}  // namespace

Result<std::vector<bool>> insert_people_in(store::Transaction& tx, const Id& group, std::span<const Id> people) {
  return changed_each(tx, insert_person_row, group, people);
}

Result<std::vector<bool>> delete_members(store::Transaction& tx, const Id& group, MemberKind kind, std::span<const Id> members) {
  return changed_each(tx, kind == MemberKind::group ? delete_group_row : delete_person_row, group, members);
}

Result<std::vector<bool>> have_people(store::Transaction& tx, const Id& group, std::span<const Id> people) {
  auto batch = batch_of(group, people);
  std::vector<bool> all;
  all.reserve(people.size());
  for (const store::Rows& rows : TRY(tx.query_each(has_person_row, batch))) all.push_back(!rows.empty());
  return all;
}

Result<std::vector<bool>> are_people(store::Transaction& tx, std::span<const Id> ids) {
  store::Batch batch;
  for (const Id& one : ids) batch.add(one);
  std::vector<bool> all;
  all.reserve(ids.size());
  for (const store::Rows& rows : TRY(tx.query_each(has_one_person, batch))) all.push_back(!rows.empty());
  return all;
}

Result<bool> has_member(store::Transaction& tx, const Id& group, const Member& member) {
  return !TRY(tx.query(is_group(member) ? has_group_row : has_person_row, group, member.id)).empty();
}

Result<bool> has_person(store::Transaction& tx, const Id& id) { return !TRY(tx.query(has_one_person, id)).empty(); }

Result<std::vector<Member>> select_members(store::Transaction& tx, const Id& group, const Id& after, std::size_t limit) {
  const auto rows = TRY(tx.query(select_both, group, after, limit));
  std::vector<Member> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({rows[i].id(0), rows[i].flag(1) ? MemberKind::group : MemberKind::person});
  return all;
}

Result<std::vector<Id>> select_people_in(store::Transaction& tx, const Id& group, const Id& after, std::size_t limit) {
  return ids_of(TRY(tx.query(select_people_page, group, after, limit)));
}

Result<bool> has_groups_within(store::Transaction& tx, const Id& group) { return !TRY(tx.query(any_within, group)).empty(); }

Result<std::int64_t> count_groups_within(store::Transaction& tx, const Id& group) { return TRY(tx.query(count_within, group)).front().integer(0); }

Result<Below> select_below(store::Transaction& tx, const Id& group, const Id& wanted) {
  const auto rows = TRY(tx.query(levels_below, group, wanted));
  return Below{rows.front().integer(0), rows.front().flag(1)};
}

Result<std::int64_t> select_levels_above(store::Transaction& tx, const Id& group) { return TRY(tx.query(levels_above, group)).front().integer(0); }

Result<std::vector<Id>> select_groups_below(store::Transaction& tx, const Id& group) { return ids_of(TRY(tx.query(groups_below, group))); }

Result<std::vector<MembershipRow>> select_memberships(store::Transaction& tx, const Id& person, const Id& after, std::size_t limit) {
  return memberships_of(TRY(tx.query(memberships, person, after, limit)));
}

Result<std::vector<MembershipRow>> select_direct_memberships(store::Transaction& tx, const Id& person, const Id& after, std::size_t limit) {
  return memberships_of(TRY(tx.query(direct_memberships, person, after, limit)));
}

}  // namespace kidoban::directory
