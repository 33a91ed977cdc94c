using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>The inputs and outputs of a version, for calls by name, and the check of what a caller brings. Immutable and thread-safe.</summary>
internal sealed class TensorCallPlan(ModelManifest manifest)
{
    /// <summary>The version.</summary>
    public int Version => manifest.Version;

    /// <summary>The inputs that a caller brings.</summary>
    public IReadOnlyList<TensorSpecification> Inputs => manifest.Signature.Inputs;

    /// <summary>The outputs.</summary>
    public IReadOnlyList<string> OutputNames { get; } = [.. manifest.Signature.Outputs.Select(o => o.Name)];

    /// <summary>Refuses inputs that the model does not take.</summary>
    /// <param name="inputs">What the caller brings.</param>
    /// <exception cref="ArgumentException">An input is missing, unknown, or has another type or shape.</exception>
    public void Check(ModelInputs inputs)
    {
        for (var i = 0; i < Inputs.Count; i++)
        {
            var expected = Inputs[i];
            var found = inputs.Find(expected.Name) ?? throw new ArgumentException($"Expected input {expected}, but found {Found(inputs)} ({Where}).", nameof(inputs));
            if (!Fits(expected, found))
            {
                throw new ArgumentException($"Expected input {expected}, but found {found} ({Where}).", nameof(inputs));
            }
        }

        if (inputs.Names.Count != Inputs.Count)
        {
            var unknown = inputs.Names.First(n => Inputs.All(i => i.Name != n));
            throw new ArgumentException($"Expected inputs {Names(Inputs.Select(i => i.Name))}, but found an input '{unknown}' too ({Where}).", nameof(inputs));
        }
    }

    /// <summary>Whether what came out is of the types and shapes that the file declares.</summary>
    /// <param name="outputs">What came out.</param>
    public bool AreAsDeclared(ModelOutputs outputs)
    {
        for (var i = 0; i < manifest.Signature.Outputs.Count; i++)
        {
            if (!Fits(manifest.Signature.Outputs[i], outputs[i]))
            {
                return false;
            }
        }

        return true;
    }

    private string Where => manifest.Where;

    private static bool Fits(TensorSpecification expected, ModelValue found) => expected.ElementType switch
    {
        TensorElementKind.Sequence => found.Kind == ModelValueKind.Sequence,
        TensorElementKind.Map => found.Kind == ModelValueKind.Map,
        TensorElementKind.Optional or TensorElementKind.Other => true,
        _ => found.Kind == ModelValueKind.Tensor && found.ElementType == expected.ElementType && FitsShape(expected.Dimensions, found.Shape),
    };

    /// <summary>A declaration without dimensions is a scalar or leaves the shape open; ONNX Runtime knows which.</summary>
    private static bool FitsShape(IReadOnlyList<long> expected, ReadOnlySpan<long> found)
    {
        if (expected.Count == 0)
        {
            return true;
        }

        if (expected.Count != found.Length)
        {
            return false;
        }

        for (var i = 0; i < found.Length; i++)
        {
            if (expected[i] >= 0 && expected[i] != found[i])
            {
                return false;
            }
        }

        return true;
    }

    private static string Found(ModelInputs inputs) => inputs.Names.Count == 0 ? "no inputs" : "only " + Names(inputs.Names);

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));
}
