using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Where one field of a view goes in <see cref="FeatureRows"/>.</summary>
/// <param name="Column">Index in the layout, or -1 when the service does not use the field.</param>
/// <param name="Ordinal">Position in the block of its type.</param>
/// <param name="Type">Type of the field.</param>
internal readonly record struct FeatureRowCell(int Column, int Ordinal, FeatureType Type)
{
    /// <summary>One cell per field of the view.</summary>
    internal static FeatureRowCell[] CellsOf(FeatureServiceView view, FeatureRowLayout layout)
    {
        var cells = new FeatureRowCell[view.Fields.Count];
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i] = new FeatureRowCell(-1, 0, view.Fields[i].Type);
        }

        foreach (var column in view.Columns)
        {
            cells[column.FieldIndex] = cells[column.FieldIndex] with { Column = column.ColumnIndex, Ordinal = layout.OrdinalOf(column.ColumnIndex) };
        }

        return cells;
    }
}
