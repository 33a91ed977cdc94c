using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Features.Skew;

/// <summary>Requests of one type in memory that was allocated at once, field by field, as a training set has them. Not thread-safe.</summary>
/// <param name="requestType">The request record.</param>
/// <param name="fields">The fields that on-demand features are computed from.</param>
/// <param name="capacity">Greatest number of rows.</param>
internal abstract class RequestSamples(Type requestType, IReadOnlyList<FeatureField> fields, int capacity)
{
    private readonly int _textBytes = SkewSamples.TextBytesPerRow * capacity;
    private int _usedTextBytes;

    internal Type RequestType => requestType;

    /// <summary>The values. Rows whose request was of another type hold what is left of earlier ones.</summary>
    internal FeatureRows Rows { get; } = Create(requestType, fields, capacity);

    /// <summary>Copies a request into a row.</summary>
    /// <param name="request">A request of any type.</param>
    /// <param name="row">The row.</param>
    /// <returns>What became of it.</returns>
    internal abstract RequestState Keep(KeptRequest request, int row);

    /// <summary>One request as columns of one row, of exactly the types of the fields.</summary>
    internal IReadOnlyList<IArrowArray> ColumnsOf(int row)
    {
        var columns = new IArrowArray[fields.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            var (column, offset) = (new ColumnBuilder(fields[i].Type, fields[i].Length), Rows.Layout.OffsetOf(i));
            switch (fields[i].Type)
            {
                case var _ when Rows.StatusOf(row)[i] != FeatureStatus.Present:
                    column.AppendNull();
                    break;
                case FeatureType.Float32 when fields[i].IsVector:
                    column.Append(Rows.Float32Of(row).Slice(offset, fields[i].Length));
                    break;
                case FeatureType.Float32:
                    column.Append(Rows.Float32Of(row)[offset]);
                    break;
                case FeatureType.Float64:
                    column.Append(Rows.Float64Of(row)[offset]);
                    break;
                case FeatureType.Int64:
                    column.Append(Rows.Int64Of(row)[offset]);
                    break;
                case FeatureType.Boolean:
                    column.Append(Rows.BooleanOf(row)[offset]);
                    break;
                default:
                    column.Append(System.Text.Encoding.UTF8.GetString(Rows.StringOf(row, offset)));
                    break;
            }

            columns[i] = column.Build();
        }

        return columns;
    }

    internal void Clear()
    {
        Rows.Restart(Rows.Capacity);
        _usedTextBytes = 0;
    }

    /// <summary>Takes room for texts; false when there is none.</summary>
    private protected bool TryTakeText(int bytes)
    {
        if (_usedTextBytes + bytes > _textBytes)
        {
            return false;
        }

        _usedTextBytes += bytes;
        return true;
    }

    private static FeatureRows Create(Type requestType, IReadOnlyList<FeatureField> fields, int capacity)
        => SkewSamples.CreateRows(new FeatureRowLayout([.. fields.Select(field => new FeatureColumn(field.Name, field.Type, requestType.Name) { Length = field.Length })]), capacity);
}
