/*
 * Included before everything else when an add-on is compiled (see packages.mjs).
 *
 * The headers of Node 24.19 and later 24.x have node::ObjectWrap remove a clean-up hook in its destructor. V8 also runs
 * that destructor from garbage collections outside of any context, where the removal aborts the process
 * (nodejs/node#65446). better-sqlite3 12 frees its databases in a hook of its own, as with every earlier Node, so its
 * objects need none of these.
 */
#if defined(__cplusplus) && defined(__has_include)
#if __has_include(<node_object_wrap.h>)
#include <node.h>

namespace node {
inline void NoEnvironmentCleanupHook(v8::Isolate*, void (*)(void*), void*) {}
}  // namespace node

#define AddEnvironmentCleanupHook NoEnvironmentCleanupHook
#define RemoveEnvironmentCleanupHook NoEnvironmentCleanupHook
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
#endif
#endif
