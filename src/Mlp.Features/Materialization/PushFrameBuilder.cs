using System.Buffers;
using Mlp.Features.Definitions;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>Builds frames of rows of one view. Not thread-safe; used once.</summary>
/// <param name="view">The view.</param>
/// <param name="targets">Where the rows go.</param>
/// <param name="frameLength">About how long a frame gets.</param>
internal sealed class PushFrameBuilder(OnlineView view, PushTargets targets, int frameLength)
{
    private readonly List<byte[]> _frames = new(1);
    private readonly ArrayBufferWriter<byte> _frame = new(1024);
    private readonly OnlineRowBuilder _row = new(view);
    private byte[] _key = new byte[64];
    private int _keyLength;
    private bool _hasNullKey;
    private int _count;

    /// <summary>Starts a row.</summary>
    /// <param name="key">Key parts in the view's order.</param>
    /// <param name="version">Version of the row; the sequence may be given later.</param>
    /// <returns>Takes the fields.</returns>
    internal FieldWriter Begin(ReadOnlySpan<EntityValue> key, in RowVersion version)
    {
        if (_count == 0)
        {
            WriteAheadFrame.Begin(_frame, view.Id, targets);
        }

        if (OnlineView.GetMaximumKeyLength(key) is var length && length > _key.Length)
        {
            _key = new byte[length];
        }

        _keyLength = view.EncodeKey(key, _key);
        _hasNullKey = EntityKeyEncoding.ContainsNull(key);
        _row.Begin(version);
        return new FieldWriter(_row);
    }

    /// <summary>Ends a row, and the frame when it is long enough.</summary>
    /// <param name="maximumLength">The greatest length of key and row together, in bytes; a longer row is left out.</param>
    /// <returns>Whether the row is in the frame.</returns>
    internal bool End(int maximumLength = int.MaxValue)
    {
        var row = _row.End();
        if (_keyLength + row.Length > maximumLength)
        {
            return false;
        }

        WriteAheadFrame.Add(_frame, _key.AsSpan(0, _keyLength), _hasNullKey, row);
        _count++;
        if (_frame.WrittenCount >= frameLength)
        {
            EndFrame();
        }

        return true;
    }

    /// <summary>Ends the last frame.</summary>
    /// <returns>The frames.</returns>
    internal List<byte[]> Complete()
    {
        if (_count > 0)
        {
            EndFrame();
        }

        return _frames;
    }

    private void EndFrame()
    {
        var frame = _frame.WrittenSpan.ToArray();
        WriteAheadFrame.SetCount(frame, _count);
        _frames.Add(frame);
        _count = 0;
    }

    /// <summary>Takes the fields of a row.</summary>
    /// <param name="row">The row.</param>
    internal readonly struct FieldWriter(OnlineRowBuilder row) : IFeatureFieldWriter
    {
        /// <inheritdoc/>
        public void WriteFloat32(int field, float value) => row.SetFloat32(field, value);

        /// <inheritdoc/>
        public void WriteFloat64(int field, double value) => row.SetFloat64(field, value);

        /// <inheritdoc/>
        public void WriteInt64(int field, long value) => row.SetInt64(field, value);

        /// <inheritdoc/>
        public void WriteBoolean(int field, bool value) => row.SetBoolean(field, value);

        /// <inheritdoc/>
        public void WriteString(int field, string value) => row.SetString(field, value);

        /// <inheritdoc/>
        public void WriteVector(int field, ReadOnlySpan<float> value) => row.SetVector(field, value);

        /// <inheritdoc/>
        public void WriteNull(int field)
        {
            // A row starts with every field null.
        }
    }
}
