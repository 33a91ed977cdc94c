using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>The status of every feature as uint8.</summary>
internal sealed class StatusInputBuffer(FeatureInput input, FeatureRows rows) : InputBuffer(input), IInputMemory<byte>
{
    private readonly byte[] _status = GC.AllocateArray<byte>(rows.StatusBuffer.Length, pinned: true);

    /// <inheritdoc/>
    public Memory<byte> Memory => _status;

    /// <inheritdoc/>
    public override bool NeedsFilling => true;

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _status.AsMemory(0, rowCount * Input.Width), Shape(rowCount));

    /// <inheritdoc/>
    public override void Fill(OrtValue value, int rowCount) => Gather(rowCount);

    /// <inheritdoc/>
    public override void Gather(int rowCount)
        => MemoryMarshal.AsBytes<FeatureStatus>(rows.StatusBuffer.First(rowCount * Input.Width)).CopyTo(_status);
}
