using System.Globalization;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;

namespace Mlp.Features.OnDemand;

/// <summary>Finds the request fields of an on-demand view among the columns of a spine.</summary>
internal static class RequestColumns
{
    /// <summary>One column per request field, in order, of exactly its type.</summary>
    /// <param name="view">The view.</param>
    /// <param name="spine">A table with a column for every request field.</param>
    /// <returns>The columns.</returns>
    /// <exception cref="ArgumentException">A column is missing or has a type that does not fit.</exception>
    public static IReadOnlyList<IArrowArray> Find(OnDemandFeatureViewDefinition view, RecordBatch spine)
    {
        var columns = new List<IArrowArray>(view.RequestFields.Count);
        foreach (var field in view.RequestFields)
        {
            var index = spine.Schema.GetFieldIndex(field.Name);
            if (index < 0)
            {
                throw new ArgumentException(
                    $"Expected a column '{field.Name}' of type {field.TypeName}, from which {view} computes, but found {string.Join(", ", spine.Schema.FieldsList.Select(f => $"'{f.Name}'"))}.");
            }

            columns.Add(ArrowColumns.ToFeature(spine.Column(index), field, (expected, found, row) => new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"Expected {expected} in column '{field.Name}', from which {view} computes, but found {found}{(row < 0 ? "" : $" in row {row}")}."))));
        }

        return columns;
    }
}
