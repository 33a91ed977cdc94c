using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>Where a row that is read goes.</summary>
/// <param name="Plan">How its fields get into the columns.</param>
/// <param name="Rows">The destination, which has been reset.</param>
/// <param name="Index">Row index in the destination.</param>
/// <param name="AsOf">The time of the question, microseconds.</param>
internal readonly record struct RowDestination(ViewReadPlan Plan, FeatureRows Rows, int Index, long AsOf)
{
    /// <summary>Writes the row.</summary>
    /// <param name="row">Row bytes.</param>
    internal void Write(ReadOnlySpan<byte> row) => Plan.Decode(row, Rows, Index, AsOf);
}
