using Mlp.Features.Online;

namespace Mlp.Features.Materialization;

/// <summary>One way through the rows that a materialization brings over, in the order of the hashes of their keys.</summary>
/// <param name="Since">How far the view had been materialised before.</param>
/// <param name="Commit">The last commit whose rows are brought.</param>
/// <param name="AsOf">The time at which they are visible, microseconds.</param>
/// <param name="Range">Event times of a back-fill; null for all.</param>
/// <param name="Position">Rows with a lower hash are in the online store.</param>
internal sealed record MaterializationPass(MaterializationMark Since, long Commit, long AsOf, EventTimeRange? Range, ulong Position);
