import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Random;

/**
 * Shop LIVE_ORDERS: processes orders in memory for ever and keeps the newest LIVE_ORDERS of them.
 *
 * <p>Its garbage collector moves what lives, so it dirties pages faster than a link can send them.
 */
public class Shop {
    record Order(long number, int customer, String note, double[] prices) {}

    static Order newOrder(long number, Random random) {
        int customer = random.nextInt(1000);
        double[] prices = new double[5 + random.nextInt(10)];
        for (int index = 0; index < prices.length; index++) {
            prices[index] = random.nextInt(10000) / 100.0;
        }
        return new Order(number, customer, "order-" + number + "-customer-" + customer, prices);
    }

    public static void main(String[] arguments) throws InterruptedException {
        int liveOrderCount = Integer.parseInt(arguments[0]);
        Random random = new Random(42);
        HashMap<Long, Order> orders = new HashMap<>();
        ArrayDeque<Long> numbers = new ArrayDeque<>();
        double income = 0;
        for (long number = 0; ; number++) {
            orders.put(number, newOrder(number, random));
            numbers.add(number);
            if (numbers.size() > liveOrderCount) {
                for (double price : orders.remove(numbers.poll()).prices()) {
                    income += price;
                }
            }
            if (number % 200 == 0) {
                Thread.sleep(2);
            }
            if (number % 100_000 == 0) {
                System.out.printf("shop: %d orders, income %.0f%n", number, income);
            }
        }
    }
}
