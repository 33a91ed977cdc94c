namespace Mlp.Features.Online;

/// <summary>Keeps a row that is read from the row store in the hot tier.</summary>
/// <param name="Tier">The hot tier; null for none.</param>
/// <param name="Ticket">What the miss gave out.</param>
internal readonly record struct HotTierFill(HotTier? Tier, ulong Ticket)
{
    /// <summary>Keeps the row, unless something has changed since the miss. Called while the row store holds the row still.</summary>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="row">Row bytes.</param>
    internal void Keep(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row) => Tier?.Fill(key, row, Ticket);
}
