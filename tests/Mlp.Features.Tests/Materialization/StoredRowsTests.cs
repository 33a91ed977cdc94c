using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Materialization;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

public sealed class StoredRowsTests
{
    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("v").Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime()
        .Feature("x", FeatureType.Float32).Feature("y", FeatureType.Float64).Feature("z", FeatureType.Float32).Build();

    [Fact]
    public void WriteFields_SlicedColumnsWithNulls_GivesEveryRowItsOwn()
    {
        var x = new FloatArray.Builder().Append(9).Append(1).AppendNull().Append(float.NaN).Append(9).Build();
        var y = new DoubleArray.Builder().Append(9).AppendNull().Append(2.5).Append(3.5).Append(9).Build();
        var z = new FloatArray.Builder().AppendRange([9, 4, 5, 6, 9]).Build();
        var longs = new Int64Array.Builder().AppendRange([9, 10, 11, 12, 9]).Build();
        var schema = new Schema(
            [new Field("id", Int64Type.Default, true), new Field("t", Int64Type.Default, true), new Field("c", Int64Type.Default, true), new Field("x", FloatType.Default, true), new Field("y", DoubleType.Default, true), new Field("z", FloatType.Default, true)],
            null);
        using var batch = new RecordBatch(schema, new IArrowArray[] { longs, longs, longs, x, y, z }.Select(array => ArrowArrayFactory.Slice(array, 1, 3)), 3);

        var rows = new StoredRows(View, batch, hasSequences: false);
        var writer = new Recorder([]);
        for (var row = 0; row < rows.Count; row++)
        {
            rows.WriteFields(row, ref writer);
        }

        Assert.Equal(["f0=1", "n1", "f2=4", "n0", "d1=2.5", "f2=5", "f0=NaN", "d1=3.5", "f2=6"], writer.Written);
        Assert.Equal(11, rows.GetVersion(1).EventTime);
    }

    private readonly record struct Recorder(List<string> Written) : IFeatureFieldWriter
    {
        public void WriteFloat32(int field, float value) => Add("f", field, value);

        public void WriteFloat64(int field, double value) => Add("d", field, value);

        public void WriteInt64(int field, long value) => throw new NotSupportedException();

        public void WriteBoolean(int field, bool value) => throw new NotSupportedException();

        public void WriteString(int field, string value) => throw new NotSupportedException();

        public void WriteVector(int field, ReadOnlySpan<float> value) => throw new NotSupportedException();

        public void WriteNull(int field) => Written.Add("n" + field.ToString(CultureInfo.InvariantCulture));

        private void Add(string type, int field, double value) => Written.Add(string.Create(CultureInfo.InvariantCulture, $"{type}{field}={value}"));
    }
}
