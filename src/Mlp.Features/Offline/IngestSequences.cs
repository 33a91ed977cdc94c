namespace Mlp.Features.Offline;

/// <summary>
/// The numbers of rows in order of arrival: ingests take even ones and pushes odd ones, in steps of two. So an ingest in one process and the pushes of the owner never get the same number,
/// though neither waits for the other.
/// </summary>
internal static class IngestSequences
{
    /// <summary>From one row of a batch to the next.</summary>
    internal const long Step = 2;

    /// <summary>The least number of a kind that is not below a bound.</summary>
    /// <param name="kind">What the rows come by.</param>
    /// <param name="bound">The bound, 0 or more.</param>
    internal static long AtLeast(OfflineCommitKind kind, long bound) => bound + ((bound ^ (kind == OfflineCommitKind.Push ? 1 : 0)) & 1);

    /// <summary>The number of the last row of a batch.</summary>
    /// <param name="first">That of the first row.</param>
    /// <param name="count">Number of rows.</param>
    internal static long Last(long first, long count) => first + ((count - 1) * Step);
}
