using Mlp.Runtime.Models;

namespace Mlp.Training.Export;

/// <summary>Where two models part most over rows of one kind, and what they say there.</summary>
/// <param name="Rows">The kind, to follow "on".</param>
/// <param name="Part">Where it is.</param>
/// <param name="Expected">What the one says there that the other is measured by.</param>
/// <param name="Found">What the other one says.</param>
internal sealed record ProofFinding(string Rows, ExportProofPart Part, double Expected, double Found)
{
    /// <summary>The first row that was compared; the place counts from the set's first one.</summary>
    public int FirstRow { get; init; }

    /// <summary>The place and both values, to follow "but".</summary>
    /// <param name="expectedBy">Who says what is expected, to follow "where".</param>
    public string Describe(string expectedBy)
    {
        var among = FirstRow > 0 ? FormattableString.Invariant($"(one of {Part.RowCount} from row {FirstRow} on)") : FormattableString.Invariant($"of {Part.RowCount}");
        var change = Part.Change is { } what ? $" ({what})" : string.Empty;
        return FormattableString.Invariant($"on {Rows} output {Part.Output} of row {Part.Row} {among}{change} is {Found:G9} in a batch of {Part.BatchSize} where {expectedBy} says {Expected:G9}");
    }
}
