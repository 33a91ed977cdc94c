using Mlp.Features.Definitions;

namespace Mlp.Features.Ingestion;

/// <summary>Writes the fields of records into Arrow columns.</summary>
internal readonly struct ColumnWriter(ColumnBuilder[] columns) : IFeatureFieldWriter
{
    internal ColumnBuilder[] Columns { get; } = columns;

    public void WriteFloat32(int field, float value) => Columns[field].Append(value);

    public void WriteFloat64(int field, double value) => Columns[field].Append(value);

    public void WriteInt64(int field, long value) => Columns[field].Append(value);

    public void WriteBoolean(int field, bool value) => Columns[field].Append(value);

    public void WriteString(int field, string value) => Columns[field].Append(value);

    public void WriteVector(int field, ReadOnlySpan<float> value) => Columns[field].Append(value);

    public void WriteNull(int field) => Columns[field].AppendNull();
}
