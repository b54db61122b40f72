// A SESSION whose owner fails.
#include "tests/actors/session_fixture.hpp"

namespace tocsin::actors {

namespace {

using session_owner_test = session_fixture;

// The UPSTREAM that is started in its place opens a session of its own, and
// knows nothing of this one, which would live, and beat, for ever.
TEST_F(session_owner_test, a_client_session_ends_with_its_upstream) {
  connect(false);
  ASSERT_EQ(seen->opened.size(), 1u);
  self->send_exit(spawned.front(), caf::exit_reason::kill);
  exchange();
  EXPECT_EQ(forgotten, 1);
}

} // namespace

} // namespace tocsin::actors
