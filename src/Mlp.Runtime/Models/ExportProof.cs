namespace Mlp.Runtime.Models;

/// <summary>How closely the exported file agrees with the model that was trained, over rows that both scored.</summary>
/// <param name="RowCount">Rows compared.</param>
/// <param name="MaximumDifference">Largest |exported - trained| / max(1, |trained|) over all rows and outputs.</param>
/// <param name="Tolerance">The difference that the exporter holds itself to.</param>
public sealed record ExportProof(long RowCount, double MaximumDifference, double Tolerance);
