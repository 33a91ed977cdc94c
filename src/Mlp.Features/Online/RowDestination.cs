using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>Where a row that is read goes.</summary>
/// <param name="Plan">How its fields get into the columns.</param>
/// <param name="Rows">The destination, whose row has been reset.</param>
/// <param name="Index">Row index in the destination.</param>
/// <param name="AsOf">The time of the question, microseconds.</param>
/// <param name="Rival">A row that is not in the store and takes the place of the kept one if it replaces it; null for none.</param>
/// <param name="Fill">What the hot tier does with the row if it comes from the row store.</param>
internal readonly record struct RowDestination(ViewReadPlan Plan, FeatureRows Rows, int Index, long AsOf, byte[]? Rival = null, HotTierFill Fill = default)
{
    /// <summary>Writes the row.</summary>
    /// <param name="row">Row bytes.</param>
    internal void Write(ReadOnlySpan<byte> row)
        => Plan.Decode(Rival is not null && OnlineRowCodec.Replaces(Rival, row) ? Rival : row, Rows, Index, AsOf);
}
