using System.Globalization;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;

namespace Mlp.Features.OnDemand;

/// <summary>Finds the request fields of an on-demand view among the columns of a spine.</summary>
internal static class RequestColumns
{
    /// <summary>One column per request field, in order, of exactly its type.</summary>
    /// <param name="view">The view.</param>
    /// <param name="spine">A table with a column for every request field.</param>
    /// <param name="rowsBefore">Number of rows in earlier batches, for messages.</param>
    /// <returns>The columns.</returns>
    /// <exception cref="SpineException">A column is missing or has a type that does not fit.</exception>
    public static IReadOnlyList<IArrowArray> Find(OnDemandFeatureViewDefinition view, RecordBatch spine, long rowsBefore = 0)
    {
        var columns = new List<IArrowArray>(view.RequestFields.Count);
        foreach (var field in view.RequestFields)
        {
            var index = spine.Schema.GetFieldIndex(field.Name);
            if (index < 0)
            {
                throw new SpineException(
                    $"Expected a column '{field.Name}' of type {field.TypeName} in the rows, from which the {view} computes, but found {string.Join(", ", spine.Schema.FieldsList.Select(f => $"'{f.Name}'"))}.", field.Name);
            }

            columns.Add(ArrowColumns.ToFeature(spine.Column(index), field, (expected, found, row) => new SpineException(
                string.Create(CultureInfo.InvariantCulture, $"Expected {expected} in column '{field.Name}' of the rows, from which the {view} computes, but found {found}{(row < 0 ? "" : $" in row {rowsBefore + row + 1}")}."),
                field.Name,
                row < 0 ? null : rowsBefore + row + 1)));
        }

        return columns;
    }
}
