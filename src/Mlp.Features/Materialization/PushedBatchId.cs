using System.Globalization;

namespace Mlp.Features.Materialization;

/// <summary>Batch ids of commits of pushed rows: they name the sequences, so that after a crash no row is committed twice.</summary>
internal static class PushedBatchId
{
    private const string Prefix = "mlp-push/";

    /// <summary>Makes the id.</summary>
    /// <param name="first">Sequence of the first row.</param>
    /// <param name="last">Sequence of the last row.</param>
    internal static string Create(long first, long last) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{first}-{last}");

    /// <summary>The last sequence of a commit of pushed rows.</summary>
    /// <param name="batchId">A batch id.</param>
    /// <returns>The sequence; null for a batch of another kind.</returns>
    internal static long? FindLast(string batchId)
        => batchId.StartsWith(Prefix, StringComparison.Ordinal)
            && long.TryParse(batchId.AsSpan(batchId.IndexOf('-', Prefix.Length) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last
            : null;
}
