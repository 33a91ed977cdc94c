using System.Text;
using Mlp.Features.Definitions;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Predictions;

namespace Mlp.Features.Skew;

/// <summary>Requests of type <typeparamref name="TRequest"/>. Not thread-safe.</summary>
internal sealed class RequestSamples<TRequest> : RequestSamples
{
    private readonly RecordField<TRequest>[] _fields;
    private readonly FeatureTarget[] _targets;

    internal RequestSamples(OnDemandFeatureViewDefinition view, int capacity)
        : base(typeof(TRequest), view.RequestFields, capacity)
    {
        _fields = [.. view.RequestProperties.Select(p => new RecordField<TRequest>(p.Property, p.Field))];
        _targets = [.. _fields.Select((_, i) => new FeatureTarget(i, Rows.Layout.OffsetOf(i)))];
    }

    internal override RequestState Keep(KeptRequest request, int row)
    {
        if (request is not KeptRequest<TRequest> kept)
        {
            return RequestState.Absent;
        }

        ref readonly var value = ref kept.Value;
        var text = default(TextLength);
        foreach (var field in _fields)
        {
            if (field.FindWrong(value) is not null)
            {
                return RequestState.Unfit;
            }

            field.Write(value, 0, ref text);
        }

        if (!TryTakeText(text.Bytes))
        {
            return RequestState.NoRoom;
        }

        var writer = new FeatureRowWriter(Rows, row, _targets);
        for (var i = 0; i < _fields.Length; i++)
        {
            _fields[i].Write(value, i, ref writer);
        }

        return RequestState.Kept;
    }

    /// <summary>Adds up the bytes of texts.</summary>
    private struct TextLength : IFeatureFieldWriter
    {
        public int Bytes { get; private set; }

        public void WriteString(int field, string value) => Bytes += Encoding.UTF8.GetByteCount(value);

        public readonly void WriteFloat32(int field, float value)
        {
        }

        public readonly void WriteFloat64(int field, double value)
        {
        }

        public readonly void WriteInt64(int field, long value)
        {
        }

        public readonly void WriteBoolean(int field, bool value)
        {
        }

        public readonly void WriteVector(int field, ReadOnlySpan<float> value)
        {
        }

        public readonly void WriteNull(int field)
        {
        }
    }
}
