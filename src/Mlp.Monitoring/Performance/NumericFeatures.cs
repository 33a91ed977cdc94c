using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Performance;

/// <summary>Reads the features of logged predictions that are numbers or truth values, as numbers: NaN where they are not present. Texts and vectors are passed over. Not thread-safe.</summary>
/// <param name="features">The features of the version.</param>
internal sealed class NumericFeatures(IEnumerable<FeatureColumn> features)
{
    private readonly string[] _names = [.. features.Where(f => !f.IsVector && f.Type != FeatureType.String).Select(f => f.Name)];
    private Schema? _schema;
    private int[] _columns = [];

    /// <summary>How many there are.</summary>
    public int Count => _names.Length;

    /// <summary>Reads a row.</summary>
    /// <param name="batch">Logged predictions.</param>
    /// <param name="row">Its place in the batch.</param>
    /// <param name="values">Shape (<see cref="Count"/>).</param>
    public void Read(RecordBatch batch, int row, Span<double> values)
    {
        if (!ReferenceEquals(_schema, batch.Schema))
        {
            _schema = batch.Schema;
            _columns = System.Array.ConvertAll(_names, name => Enumerable.Range(0, batch.Schema.FieldsList.Count).FirstOrDefault(i => IsOf(batch.Schema.GetFieldByIndex(i), name), -1));
        }

        for (var f = 0; f < _columns.Length; f++)
        {
            values[f] = _columns[f] < 0 ? double.NaN : ValueOf(batch.Column(_columns[f]), row);
        }
    }

    private static bool IsOf(Field field, string feature) => field.HasMetadata && field.Metadata.TryGetValue(PredictionColumns.FeatureKey, out var name) && name == feature;

    private static double ValueOf(IArrowArray column, int row) => column.IsNull(row) ? double.NaN : column switch
    {
        FloatArray numbers => numbers.GetValue(row)!.Value,
        DoubleArray numbers => numbers.GetValue(row)!.Value,
        Int64Array numbers => numbers.GetValue(row)!.Value,
        BooleanArray flags => flags.GetValue(row)!.Value ? 1 : 0,
        _ => double.NaN,
    };
}
