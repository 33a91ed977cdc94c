using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;

namespace Mlp.Features.Skew;

/// <summary>The stored features of sampled rows that on-demand views compute from: as they were served, and as the offline store gives them. Not thread-safe.</summary>
internal sealed class SkewInputs(FeatureServiceDefinition service)
{
    private readonly HashSet<int> _views = [.. service.Views.SelectMany(view => view.InputColumns).Select(service.Description.Layout.ViewIndexOf)];
    private readonly Dictionary<(int Row, int View), (ServedAnswer Served, ViewAnswer Expected, SkewVerdict? Verdict)> _answers = [];

    /// <summary>Remembers what a stored view said of a row, if an on-demand view computes from it.</summary>
    /// <param name="row">The sampled row.</param>
    /// <param name="view">The stored view.</param>
    /// <param name="served">What was served.</param>
    /// <param name="expected">What the offline store gives.</param>
    /// <param name="verdict">Why they differ; null where they do not.</param>
    internal void Add(int row, FeatureServiceView view, ServedAnswer served, in ViewAnswer expected, SkewVerdict? verdict)
    {
        if (_views.Contains(view.ViewIndex))
        {
            _answers[(row, view.ViewIndex)] = (served, expected, verdict);
        }
    }

    /// <summary>The inputs of an on-demand view as columns of one row: as the offline store gives them, or as they were served.</summary>
    internal IReadOnlyList<InputColumn> Of(int row, FeatureServiceView view, bool isServed)
    {
        var inputs = new InputColumn[view.InputColumns.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var (answer, field) = Find(row, view.InputColumns[i]);
            var bits = (isServed ? answer.Served.Values : answer.Expected.Values)[field];
            var status = isServed ? answer.Served.Statuses[field] : answer.Expected.Status;
            inputs[i] = new InputColumn(
                ColumnOf(bits, service.Description.Layout.Columns[view.InputColumns[i]]), new UInt8Array.Builder().Append((byte)(status == FeatureStatus.Null ? FeatureStatus.Present : status)).Build());
        }

        return inputs;
    }

    /// <summary>Why an input differs; null where none does.</summary>
    internal SkewVerdict? VerdictOf(int row, FeatureServiceView view)
    {
        foreach (var column in view.InputColumns)
        {
            var (answer, field) = Find(row, column);
            if (!answer.Served.HasSame(field, answer.Expected))
            {
                return answer.Verdict;
            }
        }

        return null;
    }

    private ((ServedAnswer Served, ViewAnswer Expected, SkewVerdict? Verdict) Answer, int Field) Find(int row, int column)
    {
        var view = service.Views[service.Description.Layout.ViewIndexOf(column)];
        var field = view.Columns.TakeWhile(c => c.ColumnIndex != column).Count();
        return (_answers[(row, view.ViewIndex)], field);
    }

    private static IArrowArray ColumnOf(in FeatureBits bits, FeatureColumn feature)
    {
        var column = new ColumnBuilder(feature.Type, feature.Length);
        switch (feature.Type)
        {
            case var _ when bits.IsNull:
                column.AppendNull();
                break;
            case FeatureType.Float32 when feature.IsVector:
                column.Append(MemoryMarshal.Cast<byte, float>(Convert.FromHexString(bits.Text!)));
                break;
            case FeatureType.Float32:
                column.Append(BitConverter.Int32BitsToSingle((int)bits.Number));
                break;
            case FeatureType.Float64:
                column.Append(BitConverter.Int64BitsToDouble(bits.Number));
                break;
            case FeatureType.Int64:
                column.Append(bits.Number);
                break;
            case FeatureType.Boolean:
                column.Append(bits.Number != 0);
                break;
            default:
                column.Append(bits.Text!);
                break;
        }

        return column.Build();
    }
}
