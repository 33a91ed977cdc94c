namespace Mlp.Training.Distributed.Collectives;

/// <summary>What collectives carry. The numbers travel between processes and never change.</summary>
internal enum ElementType : byte
{
    /// <summary><see cref="float"/>.</summary>
    Float32 = 1,

    /// <summary><see cref="double"/>.</summary>
    Float64 = 2,

    /// <summary><see cref="Half"/>.</summary>
    Float16 = 3,

    /// <summary><see cref="Collectives.BFloat16"/>.</summary>
    BFloat16 = 4,

    /// <summary><see cref="int"/>.</summary>
    Int32 = 5,

    /// <summary><see cref="long"/>.</summary>
    Int64 = 6,

    /// <summary><see cref="byte"/>: moved, never reduced.</summary>
    Byte = 7,
}
