namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>
/// A reduction in the order of ranks by pieces, for backends that get the ranks' values one after the other: the same bits as <see cref="FusedReduction"/> gives for all at once. float16 and bfloat16 are accumulated in float32, so
/// the accumulator holds <see cref="AccumulatorSize"/> bytes for each value.
/// </summary>
internal static unsafe class RankOrderReduction
{
    /// <summary>Bytes of a value in the accumulator.</summary>
    public static int AccumulatorSize(ElementType element) => ElementTypes.IsNarrow(element) ? sizeof(float) : ElementTypes.SizeOf(element);

    /// <summary>Begins with the values of rank 0.</summary>
    /// <param name="element">Their type.</param>
    /// <param name="first">The values.</param>
    /// <param name="accumulator">Gets them; may be the same memory where the type is not narrow.</param>
    public static void Begin(ElementType element, ReadOnlySpan<byte> first, Span<byte> accumulator)
    {
        var count = first.Length / ElementTypes.SizeOf(element);
        fixed (byte* from = first, to = accumulator)
        {
            WideningPass.Widen(element, from, to, count);
        }
    }

    /// <summary>Adds the values of the next rank.</summary>
    /// <param name="element">Their type.</param>
    /// <param name="operation">How they are combined.</param>
    /// <param name="accumulator">What has been combined.</param>
    /// <param name="next">The values.</param>
    public static void Add(ElementType element, ReduceOperation operation, Span<byte> accumulator, ReadOnlySpan<byte> next)
    {
        var count = next.Length / ElementTypes.SizeOf(element);
        var combine = operation == ReduceOperation.Average ? ReduceOperation.Sum : operation;
        fixed (byte* sum = accumulator, from = next)
        {
            if (ElementTypes.IsNarrow(element))
            {
                WideningPass.Add(element, combine, (float*)sum, from, count);
                return;
            }

            FusedReduction.Run(element, combine, [(nint)sum, (nint)from], [(nint)sum], count);
        }
    }

    /// <summary>Ends after the values of the last rank.</summary>
    /// <param name="element">Type of the values.</param>
    /// <param name="operation">How they were combined; an average is divided now.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="accumulator">What has been combined; changes.</param>
    /// <param name="result">Gets the values; may be the same memory where the type is not narrow.</param>
    public static void End(ElementType element, ReduceOperation operation, int worldSize, Span<byte> accumulator, Span<byte> result)
    {
        var count = result.Length / ElementTypes.SizeOf(element);
        fixed (byte* sum = accumulator, to = result)
        {
            WideningPass.Narrow(element, sum, to, count, operation == ReduceOperation.Average ? worldSize : 1);
        }
    }
}
