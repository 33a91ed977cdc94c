using System.Runtime.ExceptionServices;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Versions;

/// <summary>A version that could not be loaded, and when it is tried again. Immutable.</summary>
/// <param name="Exception">Why.</param>
/// <param name="Count">How often in a row.</param>
/// <param name="RetryAt">Until then nobody tries, unless the file that failed changes.</param>
internal sealed record LoadFailure(ExceptionDispatchInfo Exception, int Count, DateTimeOffset RetryAt)
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(30);

    /// <summary>The file that was not what it should be, as it was then; null where the failure is of another kind.</summary>
    private (string Path, FileStamp Stamp)? File { get; init; }

    /// <summary>Makes a failure after another one.</summary>
    /// <param name="previous">The one before; null for the first.</param>
    /// <param name="exception">Why.</param>
    /// <param name="now">The time.</param>
    /// <param name="shortest">Half of the first interval; it doubles with every failure, up to 30 seconds.</param>
    public static LoadFailure After(LoadFailure? previous, Exception exception, DateTimeOffset now, TimeSpan shortest)
    {
        var count = (previous?.Count ?? 0) + 1;
        var wait = shortest * Math.Pow(2, Math.Min(count, 20));
        return new LoadFailure(ExceptionDispatchInfo.Capture(exception), count, now + (wait < LongestInterval ? wait : LongestInterval))
        {
            File = exception is CorruptFileException { Path: var path } ? (path, FileStamp.Of(path)) : null,
        };
    }

    /// <summary>Whether trying again is of no use yet: the time has not come, and the file that failed is as it was.</summary>
    /// <param name="now">The time.</param>
    public bool Holds(DateTimeOffset now) => now < RetryAt && (File is not { } file || file.Stamp == FileStamp.Of(file.Path));
}
