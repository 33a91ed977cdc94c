using System.Runtime.ExceptionServices;

namespace Mlp.Runtime.Versions;

/// <summary>A version that could not be loaded, and when it is tried again. Immutable.</summary>
/// <param name="Exception">Why.</param>
/// <param name="Count">How often in a row.</param>
/// <param name="RetryAt">Until then nobody tries.</param>
internal sealed record LoadFailure(ExceptionDispatchInfo Exception, int Count, DateTimeOffset RetryAt)
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(30);

    /// <summary>Makes a failure after another one.</summary>
    /// <param name="previous">The one before; null for the first.</param>
    /// <param name="exception">Why.</param>
    /// <param name="now">The time.</param>
    /// <param name="shortest">Half of the first interval; it doubles with every failure, up to 30 seconds.</param>
    public static LoadFailure After(LoadFailure? previous, Exception exception, DateTimeOffset now, TimeSpan shortest)
    {
        var count = (previous?.Count ?? 0) + 1;
        var wait = shortest * Math.Pow(2, Math.Min(count, 20));
        return new LoadFailure(ExceptionDispatchInfo.Capture(exception), count, now + (wait < LongestInterval ? wait : LongestInterval));
    }
}
