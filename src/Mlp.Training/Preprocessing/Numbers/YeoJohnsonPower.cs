namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>
/// The λ of Yeo-Johnson's power that makes values most like a normal distribution: the maximum of −n/2 ln σ²(λ) + (λ − 1) Σ sign(x) ln(1 + |x|), where σ² is the variance of the
/// transformed values (Yeo and Johnson, 2000, section 4). Found by golden sections and parabolas between −2 and 2 first, and further out where it lies there (Brent, "Algorithms for
/// minimization without derivatives", 1973, chapter 5).
/// </summary>
internal static class YeoJohnsonPower
{
    private const double Tolerance = 1e-8;
    private const double GoldenShare = 0.381966011250105;
    private const int MaximumSteps = 100;

    /// <summary>λ; 1 without different values.</summary>
    /// <param name="values">Finite values.</param>
    public static double Learn(NumberValues values)
    {
        if (values.Values.IsEmpty || values.Minimum == values.Maximum)
        {
            return 1;
        }

        double signs = 0;
        for (var i = 0; i < values.Values.Length; i++)
        {
            signs += values.WeightAt(i) * Math.CopySign(Math.Log(1 + Math.Abs(values.Values[i])), values.Values[i]);
        }

        double Loss(double power)
        {
            double sum = 0, squares = 0;
            var transformed = new double[values.Values.Length];
            for (var i = 0; i < transformed.Length; i++)
            {
                transformed[i] = NumberFunctions.Apply(NumberFunction.YeoJohnson, values.Values[i], power);
                sum += values.WeightAt(i) * transformed[i];
            }

            var mean = sum / values.Count;
            for (var i = 0; i < transformed.Length; i++)
            {
                squares += values.WeightAt(i) * (transformed[i] - mean) * (transformed[i] - mean);
            }

            var loss = (values.Count / 2 * Math.Log(squares / values.Count)) - ((power - 1) * signs);
            return double.IsFinite(loss) ? loss : double.PositiveInfinity;
        }

        var (least, greatest) = (-2.0, 2.0);
        for (var widening = 0; ; widening++)
        {
            var power = Minimum(Loss, least, greatest);
            var isAtEnd = power - least < 1e-3 || greatest - power < 1e-3;
            if (!isAtEnd || widening == 4)
            {
                return power;
            }

            (least, greatest) = (least * 2, greatest * 2);
        }
    }

    private static double Minimum(Func<double, double> loss, double least, double greatest)
    {
        var best = least + (GoldenShare * (greatest - least));
        var (second, third) = (best, best);
        var lossOfBest = loss(best);
        var (lossOfSecond, lossOfThird) = (lossOfBest, lossOfBest);
        double step = 0, stepBefore = 0;
        for (var i = 0; i < MaximumSteps; i++)
        {
            var middle = 0.5 * (least + greatest);
            var tolerance = (Tolerance * Math.Abs(best)) + 1e-10;
            if (Math.Abs(best - middle) <= (2 * tolerance) - (0.5 * (greatest - least)))
            {
                break;
            }

            // A parabola through the three best, where it falls inside and shrinks; a golden section of the larger part otherwise.
            var r = (best - second) * (lossOfBest - lossOfThird);
            var q = (best - third) * (lossOfBest - lossOfSecond);
            var p = ((best - third) * q) - ((best - second) * r);
            q = 2 * (q - r);
            p = q > 0 ? -p : p;
            q = Math.Abs(q);
            var isParabola = Math.Abs(stepBefore) > tolerance && Math.Abs(p) < Math.Abs(0.5 * q * stepBefore) && p > q * (least - best) && p < q * (greatest - best);
            stepBefore = isParabola ? step : best < middle ? greatest - best : least - best;
            step = isParabola ? p / q : GoldenShare * stepBefore;
            var next = best + (Math.Abs(step) >= tolerance ? step : Math.CopySign(tolerance, step));
            var lossOfNext = loss(next);
            if (lossOfNext <= lossOfBest)
            {
                (least, greatest) = next >= best ? (best, greatest) : (least, best);
                (third, lossOfThird, second, lossOfSecond, best, lossOfBest) = (second, lossOfSecond, best, lossOfBest, next, lossOfNext);
                continue;
            }

            (least, greatest) = next < best ? (next, greatest) : (least, next);
            if (lossOfNext <= lossOfSecond || second == best)
            {
                (third, lossOfThird, second, lossOfSecond) = (second, lossOfSecond, next, lossOfNext);
            }
            else if (lossOfNext <= lossOfThird || third == best || third == second)
            {
                (third, lossOfThird) = (next, lossOfNext);
            }
        }

        return best;
    }
}
