namespace Mlp.Training.Networks;

/// <summary>The type that a network's layers compute in while it trains. Weights, gradients and optimizer stay float32, and so does the exported file.</summary>
public enum NetworkPrecision
{
    /// <summary>float32 throughout.</summary>
    Float32,

    /// <summary>bfloat16 where libtorch's autocast takes it: the range of float32 with 8 bits of precision. Faster on processors with AMX or AVX-512 BF16.</summary>
    BFloat16,

    /// <summary>float16 where libtorch's autocast takes it, with a loss scale that follows the gradients. Meant for processors with AVX-512 FP16; others emulate it slowly.</summary>
    Float16,
}
