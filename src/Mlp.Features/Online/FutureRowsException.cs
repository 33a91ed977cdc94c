using Mlp.Runtime;

namespace Mlp.Features.Online;

/// <summary>A push has rows whose time lies ahead of the clock, and as many as may wait for theirs are there already (<see cref="OnlineStoreOptions.FutureRowsSize"/>). None of its rows was written.</summary>
/// <param name="message">The sentence.</param>
public sealed class FutureRowsException(string message) : MlPlatformException(message);
