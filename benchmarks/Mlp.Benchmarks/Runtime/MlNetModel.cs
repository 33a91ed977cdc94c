using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;

namespace Mlp.Benchmarks.Runtime;

/// <summary>The same file in ML.NET: its prediction engine for one row, its transform for many.</summary>
internal sealed class MlNetModel : IDisposable
{
    private readonly MLContext _context = new(seed: 1);
    private readonly string _path = Path.GetTempFileName();
    private readonly SchemaDefinition _schema = SchemaDefinition.Create(typeof(Row));
    private readonly OnnxTransformer _transformer;
    private readonly PredictionEngine<Row, Answer> _engine;
    private readonly Row _row = new();

    public MlNetModel(byte[] onnx, int featureCount)
    {
        File.WriteAllBytes(_path, onnx);
        _schema["x"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, featureCount);
        var empty = _context.Data.LoadFromEnumerable<Row>([], _schema);
        _transformer = _context.Transforms.ApplyOnnxModel("score", "x", _path).Fit(empty);
        _engine = _context.Model.CreatePredictionEngine<Row, Answer>(_transformer, inputSchemaDefinition: _schema);
    }

    public float Predict(float[] features)
    {
        _row.Features = features;
        return _engine.Predict(_row).Score[0];
    }

    /// <summary>Scores all rows.</summary>
    public double Transform(IReadOnlyList<float[]> rows)
    {
        var data = _context.Data.LoadFromEnumerable(rows.Select(r => new Row { Features = r }), _schema);
        return _transformer.Transform(data).GetColumn<float[]>("score").Sum(s => (double)s[0]);
    }

    public void Dispose()
    {
        _engine.Dispose();
        (_transformer as IDisposable)?.Dispose();
        File.Delete(_path);
    }

    private sealed class Row
    {
        [ColumnName("x")]
        public float[] Features { get; set; } = [];
    }

    private sealed class Answer
    {
        [ColumnName("score")]
        public float[] Score { get; set; } = [];
    }
}
