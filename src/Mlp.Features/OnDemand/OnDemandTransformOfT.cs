using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>The one method of the user behind both ways to call it.</summary>
internal sealed class OnDemandTransform<TRequest, TFeatures>(OnDemandFeatureViewDefinition<TRequest, TFeatures> definition) : OnDemandTransform
{
    private readonly RequestReader<TRequest> _reader = RequestReader<TRequest>.Compile(definition);

    public override OnDemandFeatureViewDefinition Definition => definition;

    public override RequestFeatureWriter<T>? FindWriter<T>(FeatureServiceView view, FeatureRowLayout layout)
    {
        if (typeof(T) != typeof(TRequest))
        {
            return null;
        }

        var targets = FeatureTarget.Of(view, layout);
        RequestFeatureWriter<TRequest> write = (in TRequest request, FeatureRows destination, int row) =>
        {
            var features = definition.Transform(request);
            var writer = new FeatureRowWriter(destination, row, targets);
            definition.WriteFeatures(features, ref writer);
        };
        return (RequestFeatureWriter<T>)(object)write;
    }

    public override IReadOnlyList<IArrowArray> Compute(IReadOnlyList<IArrowArray> requests, int rowCount)
    {
        var columns = requests.Select(c => new RequestColumn(c)).ToArray();
        var writer = new ColumnWriter([.. definition.Fields.Select(f => new ColumnBuilder(f.Type, f.Length))]);
        for (var row = 0; row < rowCount; row++)
        {
            var features = definition.Transform(_reader.Read(columns, row));
            if (definition.FindWrong(features) is { } wrong)
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"Expected {wrong.Expected} for feature '{wrong.Column}' of the {definition}, but its method gave {wrong.Found} in row {row}."));
            }

            definition.WriteFeatures(features, ref writer);
        }

        return [.. writer.Columns.Select(c => c.Build())];
    }

    /// <summary>Appends each field to its column.</summary>
    private readonly struct ColumnWriter(ColumnBuilder[] columns) : IFeatureFieldWriter
    {
        public ColumnBuilder[] Columns => columns;

        public void WriteFloat32(int field, float value) => columns[field].Append(value);

        public void WriteFloat64(int field, double value) => columns[field].Append(value);

        public void WriteInt64(int field, long value) => columns[field].Append(value);

        public void WriteBoolean(int field, bool value) => columns[field].Append(value);

        public void WriteString(int field, string value) => columns[field].Append(value);

        public void WriteVector(int field, ReadOnlySpan<float> value) => columns[field].Append(value);

        public void WriteNull(int field) => columns[field].AppendNull();
    }
}
