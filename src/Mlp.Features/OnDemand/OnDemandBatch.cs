using System.Globalization;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;

namespace Mlp.Features.OnDemand;

/// <summary>Runs an on-demand view over columns.</summary>
internal static class OnDemandBatch
{
    /// <summary>Computes the features of a batch of requests.</summary>
    /// <param name="view">The on-demand view.</param>
    /// <param name="request">One column per request field.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="firstRow">Number of the first row from 0, for messages.</param>
    /// <param name="goldenRows">Keeps the first rows that were ever computed.</param>
    /// <exception cref="SpineException">A column does not fit its field.</exception>
    internal static IReadOnlyList<IArrowArray> Compute(
        OnDemandFeatureViewDefinition view, IReadOnlyList<IArrowArray> request, int count, long firstRow, OnDemandGoldenRows goldenRows)
    {
        var columns = request.Select((array, i) => new RequestColumn(array, view.RequestFields[i].Type, ErrorFor(view, view.RequestFields[i].Name, firstRow))).ToList();
        var features = view.Compute(columns, count);
        goldenRows.Offer(view, columns.ConvertAll(c => c.Array), features, count);
        return features;
    }

    internal static Ingestion.ColumnError ErrorFor(OnDemandFeatureViewDefinition view, string column, long firstRow) => (expected, found, row) => row < 0
        ? new SpineException($"Expected column '{column}' of the rows to be {expected} for {view}, but found {found}.", column)
        : new SpineException(
            string.Create(CultureInfo.InvariantCulture, $"Expected column '{column}' of the rows to hold {expected} for {view}, but found {found} in row {firstRow + row + 1}."),
            column,
            firstRow + row + 1);
}
