namespace Mlp.Runtime.Inference;

/// <summary>An input whose tensor is plain memory, which scoring writes to without the detour over rows.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal interface IInputMemory<T>
    where T : unmanaged
{
    /// <summary>The tensor of the greatest number of rows, shape (rows, width), row-major.</summary>
    Memory<T> Memory { get; }
}
