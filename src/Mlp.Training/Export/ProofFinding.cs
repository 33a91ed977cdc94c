using System.Globalization;
using Mlp.Runtime.Models;

namespace Mlp.Training.Export;

/// <summary>Where two models part most over rows of one kind, and what they say there.</summary>
/// <param name="Rows">The kind, to follow "on".</param>
/// <param name="Part">Where it is.</param>
/// <param name="Expected">What the one says there that the other is measured by.</param>
/// <param name="Found">What the other one says.</param>
internal sealed record ProofFinding(string Rows, ExportProofPart Part, double Expected, double Found)
{
    /// <summary>The place and both values, to follow "but".</summary>
    /// <param name="expectedBy">Who says what is expected, to follow "where".</param>
    public string Describe(string expectedBy) => string.Create(
        CultureInfo.InvariantCulture,
        $"on {Rows} output {Part.Output} of row {Part.Row} of {Part.RowCount}{(Part.Change is { } change ? $" ({change})" : string.Empty)} is {Found:G9} in a batch of {Part.BatchSize} where {expectedBy} says {Expected:G9}");
}
