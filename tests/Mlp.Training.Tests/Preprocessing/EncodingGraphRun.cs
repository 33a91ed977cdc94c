using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>Runs an encoding's graph in ONNX Runtime on the rows of a table. What is missing is given as nonsense, which the status must hide.</summary>
internal static class EncodingGraphRun
{
    /// <summary>The dense part, shape (rows, width), and the ids, shape (rows, ids).</summary>
    public static (float[] Dense, long[] Ids) Run(FeatureTable table, FeatureEncoding encoding)
    {
        var graph = new OnnxGraphBuilder("encoding");
        var encoded = FeatureEncodingGraph.Write(encoding, graph);
        if (encoded.Dense is not null)
        {
            graph.AddOutput(encoded.Dense, OnnxDataType.Float32, OnnxGraphBuilder.Batch, encoding.Width);
        }

        if (encoded.Ids is not null)
        {
            graph.AddOutput(encoded.Ids, OnnxDataType.Int64, OnnxGraphBuilder.Batch, encoding.Ids.Count);
        }

        using var session = new InferenceSession(graph.Build());
        using var outputs = session.Run([.. Inputs(table).Where(i => session.InputMetadata.ContainsKey(i.Name))]);
        return (
            encoded.Dense is null ? [] : outputs.First(o => o.Name == encoded.Dense).AsTensor<float>().ToArray(),
            encoded.Ids is null ? [] : outputs.First(o => o.Name == encoded.Ids).AsTensor<long>().ToArray());
    }

    /// <summary>The dense part and the ids as the trainer has them.</summary>
    public static (float[] Dense, long[] Ids) Encode(EncodedRows rows)
    {
        var (dense, ids) = (new float[rows.RowCount * rows.Width], new long[rows.RowCount * rows.IdCount]);
        rows.Copy(0, rows.RowCount, dense);
        rows.CopyIds(0, rows.RowCount, ids);
        return (dense, ids);
    }

    private static IEnumerable<NamedOnnxValue> Inputs(FeatureTable table)
    {
        yield return Input(table, FeatureType.Float32, (column, row, element) => column.IsPresent(row) ? (float)column.SourceOf(element).NumberAt(row) : float.NaN);
        yield return Input(table, FeatureType.Float64, (column, row, _) => ((INumberSource)column).NumberAt(row));
        yield return Input(table, FeatureType.Int64, (column, row, _) => column.IsPresent(row) ? ((NumberColumn<long>)column).Values[row] : long.MinValue + row);
        yield return Input(table, FeatureType.Boolean, (column, row, _) => ((BooleanColumn)column).Values[row]);
        yield return Input(table, FeatureType.String, (column, row, _) => column.IsPresent(row) ? ((TextColumn)column).TextAt(row) : "nonsense a b c");
        var statuses = table.Columns.Select(c => c.Statuses.ToArray()).ToArray();
        yield return NamedOnnxValue.CreateFromTensor(
            FeatureBinding.StatusInput,
            new DenseTensor<byte>(Enumerable.Range(0, table.RowCount).SelectMany(row => statuses.Select(s => (byte)s[row])).ToArray(), [table.RowCount, statuses.Length]));
    }

    private static NamedOnnxValue Input<T>(FeatureTable table, FeatureType type, Func<TableColumn, int, int, T> at)
    {
        var columns = table.Columns.Where(c => c.Feature.Type == type).ToList();
        T[] values = [.. Enumerable.Range(0, table.RowCount).SelectMany(row => columns.SelectMany(c => Enumerable.Range(0, c.ElementCount).Select(e => at(c, row, e))))];
        return NamedOnnxValue.CreateFromTensor(FeatureBinding.BlockName(type), new DenseTensor<T>(values, [table.RowCount, columns.Sum(c => c.ElementCount)]));
    }
}
