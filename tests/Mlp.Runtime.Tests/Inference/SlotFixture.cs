using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>A session, and what it takes to make slots for it.</summary>
internal sealed class SlotFixture
{
    private readonly InputPlan _inputs;
    private readonly OutputPlans _outputs;

    public SlotFixture(byte[] onnx, ModelOutput output, AcceleratorChoice? accelerator = null, Func<ExecutionSession>? create = null)
    {
        var manifest = new ModelManifest
        {
            Name = "m",
            Version = 1,
            CreatedAt = default,
            OnnxSha256 = string.Empty,
            OnnxByteCount = onnx.Length,
            Signature = OnnxModelReader.Read("m", onnx).Signature,
            Output = output,
        };
        Manifest = manifest;
        Session = create?.Invoke() ?? ExecutionSession.Create(manifest, new OnnxFiles(onnx, null, WeightStorage.Resident, 0), accelerator ?? AcceleratorChoice.Cpu);
        _inputs = InputPlan.ForSignature(manifest);
        _outputs = new OutputProbe(manifest, Session, _inputs).Run();
    }

    public ModelManifest Manifest { get; }

    public ExecutionSession Session { get; }

    public InferenceSlot CreateSlot(int capacity = 1) => new(Session, _inputs, _outputs, 0, capacity, TimeProvider.System);
}
